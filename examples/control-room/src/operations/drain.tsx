import { useEffect, useRef, useState } from 'react'
import { Button } from '../button.js'

/** Whether whoever started the server can end it and start another one: a server itself has no such path. */
function useSupervised(): boolean | undefined {
  const [isSupervised, setSupervised] = useState<boolean>()
  useEffect(() => {
    let isOver = false
    fetch('/faults.json')
      .then((answer) => answer.json())
      .then(
        (state: unknown) => isOver || setSupervised(Object(state).isSupervised === true),
        () => isOver || setSupervised(false),
      )
    return () => {
      isOver = true
    }
  }, [])
  return isSupervised
}

/** Has the supervisor do it; says what comes of it. */
async function drain(): Promise<string> {
  const answer = await fetch('/faults/restart/begin', { method: 'POST' }).catch(() => undefined)
  return answer?.ok
    ? 'Draining: readers are told when to come back, and a new server starts.'
    : `Not drained: ${answer ? `the supervisor answered ${answer.status}` : 'the supervisor does not answer'}.`
}

/** Sends all readers away, each at its own time, and starts the server anew: once somebody has said so twice. */
export function Drain({ startedAt }: { readonly startedAt: number }) {
  const isSupervised = useSupervised()
  const dialog = useRef<HTMLDialogElement>(null)
  const [said, setSaid] = useState('')
  const [before, setBefore] = useState<number>()
  const isNew = before !== undefined && startedAt !== 0 && startedAt !== before
  const confirm = () => {
    dialog.current?.close()
    setBefore(startedAt)
    void drain().then(setSaid)
  }
  return (
    <div className="drain">
      <Button className="quiet" isOff={!isSupervised} onClick={() => dialog.current?.showModal()}>
        Drain and restart…
      </Button>
      <p className="note" role="status">
        {isSupervised === false
          ? 'This server was started alone: end it by Ctrl-C or SIGTERM, which drains it.'
          : isNew
            ? 'A new server has taken over.'
            : said}
      </p>
      <dialog ref={dialog} aria-labelledby="drain-title">
        <h2 id="drain-title">Drain and restart the server?</h2>
        <p>
          New readers are refused, those that are held are told when to come back, each at its own time, and
          the server ends within seconds. The next one takes them where they were; what was acknowledged is
          kept.
        </p>
        <div className="actions">
          <button type="button" onClick={confirm}>
            Drain and restart
          </button>
          <button type="button" className="quiet" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
        </div>
      </dialog>
    </div>
  )
}
