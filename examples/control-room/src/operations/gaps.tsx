import { formatCount } from '../format.js'
import type { Snapshot } from './answers.js'
import { Card, type Column, Figures } from './figures.js'
import { sumBy } from './samples.js'

/** Why a reader misses something (PROTOCOL §5). */
const gapReasons: Readonly<Record<string, string>> = {
  epoch: 'the log began anew',
  expired: 'it was away for longer than the log is kept',
  diverged: 'the store went back to an older state',
  slow: 'it read more slowly than the log is kept',
  unknown: 'its cursor is not one of the channel',
}

interface Row {
  readonly reason: string
  readonly count: number
}

const columns: readonly Column<Row>[] = [
  {
    title: 'Reason',
    show: ({ reason }) => (
      <>
        <code>{reason}</code> <span className="note">{gapReasons[reason]}</span>
      </>
    ),
    isText: true,
  },
  { title: 'Told', show: ({ count }) => formatCount(count) },
]

/** What readers were told that they miss, since the node was started; and that others came back without a loss. */
export function Gaps({ snapshots }: { readonly snapshots: readonly Snapshot[] }) {
  const samples = snapshots.at(-1)?.samples ?? []
  const rows = [...sumBy(samples, 'gamut_gaps_total', 'reason')]
    .map(([reason, count]) => ({ reason, count }))
    .filter(({ count }) => count > 0)
  const resumed = sumBy(samples, 'gamut_openings_total', 'outcome').get('resumed') ?? 0
  return (
    <Card title="Gaps by reason" area="gaps">
      <Figures
        rows={rows}
        columns={columns}
        keyOf={({ reason }) => reason}
        empty="Nobody was told of a gap since this node was started."
      />
      <p className="note">
        {resumed === 0 ? 'Nobody came back yet.' : `${formatCount(resumed)} came back and missed nothing.`}
      </p>
    </Card>
  )
}
