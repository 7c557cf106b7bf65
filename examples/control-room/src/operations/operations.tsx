import { type FormEvent, useEffect, useState } from 'react'
import { formatBytes, formatCount } from '../format.js'
import { AdviceList } from './advice.js'
import { meter, type Refusal, rememberKey } from './ask.js'
import { ChannelList } from './channels.js'
import { Fate } from './fate.js'
import { Gaps } from './gaps.js'
import { NodeList } from './nodes.js'
import { Overview } from './overview.js'
import { SlowReaders } from './slow.js'
import { Transports } from './transports.js'
import { everyMs, type Seen, useSnapshots } from './use-snapshots.js'

/** Where a key is asked for: it is kept for this tab alone. */
function KeyForm({ onKey }: { readonly onKey: () => void }) {
  const [key, setKey] = useState('')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    rememberKey(key)
    onKey()
  }
  return (
    <form className="say" onSubmit={submit}>
      <input
        type="password"
        value={key}
        onChange={({ target }) => setKey(target.value)}
        aria-label="Operations key"
        placeholder="Operations key"
        autoComplete="off"
        required
      />
      <button type="submit">Open</button>
    </form>
  )
}

/** Why there is nothing newer, and what to do about it. It changes only with what it says. */
function Trouble({ refusal, onKey }: { readonly refusal: Refusal | undefined; readonly onKey: () => void }) {
  return (
    <div className="trouble-line">
      <p role="status" className="trouble">
        {refusal?.status === 404
          ? 'Operators have an entrance of their own here (--operations-port): this page cannot ask there.'
          : refusal?.message}
      </p>
      {refusal?.status === 401 && <KeyForm onKey={onKey} />}
    </div>
  )
}

/** Which of several nodes is looked at; of one there is nothing to choose. */
function NodeSwitch(props: {
  readonly names: readonly string[]
  readonly node: string | undefined
  readonly onChange: (node: string) => void
}) {
  if (props.names.length < 2) return null
  return (
    <fieldset className="switch">
      <legend className="hidden">Node</legend>
      {props.names.map((name) => (
        <label key={name}>
          <input
            type="radio"
            name="node"
            checked={name === props.node}
            onChange={() => props.onChange(name)}
          />
          <span>{name}</span>
        </label>
      ))}
    </fieldset>
  )
}

/** All nodes that were ever named: one that is gone can still be chosen, and says that it does not answer. */
function useNames({ snapshots }: Seen): readonly string[] {
  const [names, setNames] = useState<readonly string[]>([])
  const { nodes } = snapshots.at(-1)?.nodes ?? {}
  useEffect(() => {
    const found = nodes?.map(({ node }) => node) ?? []
    setNames((known) =>
      found.every((name) => known.includes(name)) ? known : [...new Set([...known, ...found])].sort(),
    )
  }, [nodes])
  return names
}

/** How a server is and what it does, for whoever runs it. */
export default function Operations() {
  const [chosen, setChosen] = useState<string>()
  const [turn, setTurn] = useState(0)
  const seen = useSnapshots(chosen, turn)
  const { snapshots, refusal } = seen
  const names = useNames(seen)
  const [first] = names
  useEffect(() => {
    if (names.length > 1) setChosen((before) => before ?? first)
  }, [names, first])
  const { requests, bytes } = meter.costs
  return (
    <main className="operations" aria-label="Operations">
      <div className="how">
        <p className="note">
          Polled every {everyMs / 1000} s while you look, by requests that only operators may make: there is
          no channel of this.{' '}
          <span className="so-far">
            So far {formatCount(requests)} requests, {formatBytes(bytes)}.
          </span>
        </p>
        <NodeSwitch names={names} node={chosen} onChange={setChosen} />
      </div>
      <Trouble refusal={refusal} onKey={() => setTurn((before) => before + 1)} />
      <div className="grid" data-old={refusal !== undefined || undefined}>
        <Overview snapshots={snapshots} />
        <NodeList snapshots={snapshots} />
        <Transports snapshots={snapshots} />
        <SlowReaders snapshots={snapshots} node={chosen} />
        <Gaps snapshots={snapshots} />
        <ChannelList snapshots={snapshots} />
        <AdviceList snapshots={snapshots} />
        <Fate snapshots={snapshots} node={chosen} />
      </div>
    </main>
  )
}
