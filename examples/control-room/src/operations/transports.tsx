import { formatBytes, formatCount, formatRate } from '../format.js'
import { patternNames } from '../patterns.js'
import type { Snapshot, States } from './answers.js'
import { Card, type Column, Figures, orDash } from './figures.js'
import { ratesOf } from './rates.js'

const order = ['websocket', 'sse', 'ndjson', 'long-poll', 'poll'] as const
const nobody: States = { live: 0, behind: 0, full: 0 }

interface Row {
  readonly transport: string
  readonly states: States
  readonly perSecond: number | undefined
  readonly bytesPerSecond: number | undefined
}

const columns: readonly Column<Row>[] = [
  { title: 'Transport', show: ({ transport }) => patternNames[transport] ?? transport, isText: true },
  { title: 'Live', show: ({ states }) => orDash(states.live, formatCount) },
  { title: 'Behind', show: ({ states }) => orDash(states.behind, formatCount) },
  { title: 'Full', show: ({ states }) => orDash(states.full, formatCount) },
  {
    title: 'Messages',
    show: ({ perSecond }) => orDash(perSecond, formatRate),
  },
  {
    title: 'Traffic',
    show: ({ bytesPerSecond }) => orDash(bytesPerSecond, (bytes) => `${formatBytes(bytes)}/s`),
    isMinor: true,
  },
]

/** Who is connected how, whether they keep up, and what goes to them. Polls are held by nobody. */
export function Transports({ snapshots }: { readonly snapshots: readonly Snapshot[] }) {
  const [before, now] = [snapshots.at(-2), snapshots.at(-1)]
  const rates = ratesOf(before, now)
  const messages = rates?.by('gamut_deliveries_total', 'transport')
  const bytes = rates?.by('gamut_delivered_bytes_total', 'transport')
  const rows = order.map((transport) => ({
    transport,
    states: now?.connections.summary[transport] ?? nobody,
    perSecond: messages && (messages.get(transport) ?? 0),
    bytesPerSecond: bytes && (bytes.get(transport) ?? 0),
  }))
  return (
    <Card title="Connections by transport" area="transports">
      <Figures rows={rows} columns={columns} keyOf={({ transport }) => transport} empty="" />
    </Card>
  )
}
