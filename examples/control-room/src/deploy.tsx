import { useCallback, useEffect, useState } from 'react'
import { needs } from '../needs.mjs'
import { Button } from './button.js'
import { useChannel, useGamut, usePublish } from './hooks.js'
import { newId } from './new-id.js'
import { me } from './person.js'
import { useServerBack } from './use-server-back.js'

/** The last deploy that somebody has asked for; read once, as this page knows of its own. */
function useLastDeploy() {
  const gamut = useGamut()
  const [id, setId] = useState<string>()
  const [isMissed, setMissed] = useState(false)
  const ask = useCallback(() => {
    setMissed(false)
    gamut
      .channel('deploys')
      .history({ limit: 1 })
      .then(({ messages }) => setId((before) => before ?? messages.at(-1)?.data.id))
      // Without it there is a button all the same.
      .catch(() => setMissed(true))
  }, [gamut])
  useEffect(ask, [ask])
  useServerBack(() => {
    if (isMissed) ask()
  })
  return [id, setId] as const
}

function Progress({ id, onEnd }: { readonly id: string; readonly onEnd: (id: string) => void }) {
  const { messages, end } = useChannel(`deploy/${id}`, { need: needs.deploy, last: 1, keep: 1 })
  const { percent = 0, step = 'Waiting to begin' } = messages.at(-1)?.data ?? {}
  useEffect(() => {
    if (end) onEnd(id)
  }, [end, id, onEnd])
  return (
    <div className="progress">
      <p className="value">
        {percent} % <span>{id}</span>
      </p>
      <progress max={100} value={percent} aria-label={`Deploy ${id}`} />
      <p className="note" role="status">
        {step}
      </p>
    </div>
  )
}

/** A job with an end: its stream is open for as long as it runs. */
export function Deploy() {
  const [id, setId] = useLastDeploy()
  const [ended, setEnded] = useState<string>()
  const { publish, isPending, error } = usePublish('deploys')
  const isRunning = id !== undefined && id !== ended
  const begin = () => {
    const next = newId()
    publish({ id: next, by: me.name }).then(
      () => setId(next),
      () => {},
    )
  }
  return (
    <div className="deploy">
      {id === undefined ? (
        <div className="progress">
          <p className="value">
            – <span>nothing yet</span>
          </p>
          <progress max={100} value={0} aria-label="No deploy" />
          <p className="note">A rehearsal of a few seconds: its stream ends with it.</p>
        </div>
      ) : (
        <Progress key={id} id={id} onEnd={setEnded} />
      )}
      <Button onClick={begin} isOff={isRunning || isPending}>
        {isRunning ? 'Deploying…' : 'Deploy'}
      </Button>
      {error && (
        <p role="alert" className="trouble">
          Not begun: {error.message}
        </p>
      )}
    </div>
  )
}
