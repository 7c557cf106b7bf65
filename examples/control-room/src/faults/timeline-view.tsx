import { formatClock } from '../format.js'
import { type Entry, timeline } from './timeline.js'
import { useStore } from './use-faults.js'

function Row({ at, kind, title, text, state, times }: Entry) {
  return (
    <li data-kind={kind} data-state={state}>
      <span className="dot" aria-hidden="true" />
      <p>
        <strong>{title}</strong> {text}
        {times && ` · ${times} times`}
      </p>
      <time dateTime={new Date(at).toISOString()}>{formatClock(at)}</time>
    </li>
  )
}

const told: readonly Entry['kind'][] = ['broken', 'mended', 'equal', 'differs']

/** What is read out: what was broken and mended and whether the logs are equal, and not each move of seven clients. */
function Announcement({ entries }: { readonly entries: readonly Entry[] }) {
  const last = entries.findLast(({ kind }) => told.includes(kind))
  const text = last?.kind === 'equal' ? last.title : last && `${last.title}: ${last.text}`
  return (
    <p role="status" className="hidden">
      {text}
    </p>
  )
}

/** Every move of every widget's client with its reason, and what was done on purpose, the newest first. */
export function TimelineView() {
  const entries = useStore(timeline)
  return (
    <section className="timeline" aria-labelledby="timeline">
      <h3 id="timeline">Timeline</h3>
      <ol>
        {entries.toReversed().map((entry) => (
          <Row key={entry.id} {...entry} />
        ))}
      </ol>
      <Announcement entries={entries} />
    </section>
  )
}

/** What has happened last, for where the timeline itself is out of sight. */
export function Latest() {
  const last = useStore(timeline).at(-1)
  return (
    <p className="latest" aria-hidden="true">
      {last && `${last.title} ${last.text}`}
    </p>
  )
}
