import { useRef, useState } from 'react'
import { formatAge, formatBytes, formatCount } from '../format.js'
import { patternNames } from '../patterns.js'
import type { Connection, Snapshot } from './answers.js'
import { ask } from './ask.js'
import { Card, type Column, Figures, orDash } from './figures.js'

/** How many messages it was not given yet; a reader so far behind that nobody counts has no number. */
function behindOf({ channels }: Connection): string {
  const counts = channels.map(({ behind = 0 }) => behind)
  if (counts.includes(null)) return 'far'
  return formatCount(counts.reduce<number>((sum, count) => sum + (count ?? 0), 0))
}

const nameOf = ({ identity, address, id }: Connection) => identity ?? (address || id) ?? 'unknown'

const columnsAt = (serverNow: number): readonly Column<Connection>[] => [
  {
    title: 'Reader',
    show: (one) => (
      <>
        {nameOf(one)} <span className="note">{patternNames[one.transport]}</span>
      </>
    ),
    isText: true,
  },
  { title: 'State', show: ({ state }) => state },
  { title: 'Behind', show: behindOf },
  {
    title: 'Unsent',
    show: ({ unsentBytes, unansweredBytes }) => orDash(unsentBytes + unansweredBytes, formatBytes),
    isMinor: true,
  },
  { title: 'Held', show: ({ since }) => formatAge(Math.max(0, serverNow - since)), isMinor: true },
]

/** Who does not keep up, and a way to have one come anew, here or at another node: it loses nothing. */
export function SlowReaders({
  snapshots,
  node,
}: {
  readonly snapshots: readonly Snapshot[]
  readonly node: string | undefined
}) {
  const [said, setSaid] = useState('')
  const result = useRef<HTMLParagraphElement>(null)
  const now = snapshots.at(-1)
  const { connections = [], next } = now?.connections ?? {}
  const sendAway = async (one: Connection) => {
    await ask(`/connections/${one.id}`, { node, method: 'DELETE' }).then(
      () => setSaid(`${nameOf(one)} was told to come anew.`),
      ({ message }: Error) => setSaid(message),
    )
    // The button goes with its reader: who came to it by keys would be nowhere.
    result.current?.focus()
  }
  const action: Column<Connection> = {
    title: 'Come anew',
    show: (one) =>
      one.id && (
        <button type="button" className="quiet small" onClick={() => void sendAway(one)}>
          Send away<span className="hidden"> {nameOf(one)}</span>
        </button>
      ),
  }
  return (
    <Card title="Slow readers" area="slow">
      <Figures
        rows={connections}
        columns={[...columnsAt(now?.serverNow ?? 0), action]}
        keyOf={({ id, since, address }) => id ?? `${address} ${since}`}
        empty="Everybody keeps up."
      />
      {next !== undefined && <p className="note">These are the first; there are more.</p>}
      <p className="note" tabIndex={-1} ref={result}>
        {said}
      </p>
    </Card>
  )
}
