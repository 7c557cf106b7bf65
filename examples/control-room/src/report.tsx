import { useMemo } from 'react'
import { needs } from '../needs.mjs'
import { formatAge, formatClock, formatCount, formatPercent } from './format.js'
import { useChannel } from './hooks.js'
import { serverNow } from './server-clock.js'
import { useIsLive } from './use-is-live.js'

const everyMs = needs.report.stalenessMs

function Figure({ label, value }: { readonly label: string; readonly value: string | undefined }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{value}</dd>
    </div>
  )
}

/** When the next one comes, by the server's clock as all times of the page. */
function Next({ offset }: { readonly offset: number }) {
  // biome-ignore lint/correctness/useExhaustiveDependencies: it counts from when this message came
  const next = useMemo(() => serverNow() + everyMs, [offset])
  const isLive = useIsLive()
  return (
    <p className="next">
      <span className="track" aria-hidden="true">
        {isLive && <span key={offset} style={{ animationDuration: `${everyMs}ms` }} />}
      </span>
      {`Computed every ${everyMs / 1000} s while somebody looks${isLive ? `, next at ${formatClock(next)}` : ''}`}
    </p>
  )
}

/** The day so far: a value that is computed while somebody reads it. */
export function Report() {
  const { messages } = useChannel('report/daily', { need: needs.report, keep: 1 })
  const [message] = messages
  const day = message?.data
  return (
    <div className="report">
      <dl>
        <Figure label="Counted for" value={day && formatAge(day.sinceMs)} />
        <Figure label="Processor, mean" value={day && formatPercent(day.meanCpu)} />
        <Figure label="at most" value={day && formatPercent(day.peakCpu)} />
        <Figure label="Said" value={day && formatCount(day.said)} />
        <Figure label="Deployed" value={day && formatCount(day.deploys)} />
      </dl>
      <Next offset={message?.offset ?? 0} />
    </div>
  )
}
