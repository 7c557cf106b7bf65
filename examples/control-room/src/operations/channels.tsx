import { formatAge, formatBytes, formatCount, formatRate } from '../format.js'
import { patternNames } from '../patterns.js'
import type { ChannelAdvice, Snapshot } from './answers.js'
import { Card, type Column, Figures, orDash } from './figures.js'

const sum = (counts: Readonly<Record<string, number>> = {}) =>
  Object.values(counts).reduce((all, count) => all + count, 0)

const columns: readonly Column<ChannelAdvice>[] = [
  { title: 'Channel', show: ({ channel }) => channel, isText: true },
  { title: 'Written', show: ({ measured }) => orDash(measured?.updatesPerSecond, formatRate) },
  { title: 'Held', show: ({ measured }) => orDash(sum(measured?.heldNow), formatCount) },
  {
    title: 'Polls',
    show: ({ measured }) => orDash(measured?.polls.perSecond, formatRate),
    isMinor: true,
  },
  {
    title: 'Delivered',
    show: ({ measured }) => orDash(measured?.delivered.perSecond, formatRate),
    isMinor: true,
  },
  {
    title: 'Traffic',
    show: ({ measured }) => orDash(measured?.delivered.bytesPerSecond, (bytes) => `${formatBytes(bytes)}/s`),
    isMinor: true,
  },
  { title: 'Read by', show: ({ used }) => (used ? patternNames[used] : '–'), isText: true },
  {
    title: 'Advised',
    show: ({ advice: { pattern }, findings }) => (
      <span data-other={findings.some(({ code }) => code === 'other-pattern') || undefined}>
        {patternNames[pattern]}
      </span>
    ),
    isText: true,
    isMinor: true,
  },
]

/** Every channel that is used here: rates are means of the last minutes, as advice is made of. */
export function ChannelList({ snapshots }: { readonly snapshots: readonly Snapshot[] }) {
  const { channels = [], next } = snapshots.at(-1)?.advice ?? {}
  const longest = Math.max(0, ...channels.map(({ measured }) => measured?.forMs ?? 0))
  return (
    <Card
      title="Channels"
      area="channels"
      beside={<p className="note">{longest > 0 && `means of up to ${formatAge(longest)}`}</p>}
    >
      <Figures
        rows={channels}
        columns={columns}
        keyOf={({ channel }) => channel}
        empty="No channel was used here yet."
      />
      {next !== undefined && (
        <p className="note">These are the first {channels.length} by name; there are more.</p>
      )}
    </Card>
  )
}
