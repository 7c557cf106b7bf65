import { formatAge, formatCount } from '../format.js'
import type { Nodes, Snapshot } from './answers.js'
import { Drain } from './drain.js'
import { Card, type Column, Figures } from './figures.js'
import { sumOf } from './samples.js'

type Row = Nodes['nodes'][number]

const columnsAt = (serverNow: number): readonly Column<Row>[] => [
  { title: 'Node', show: ({ node }) => node, isText: true },
  { title: 'Connections', show: ({ connections }) => formatCount(connections) },
  { title: 'Channels', show: ({ channels }) => formatCount(channels) },
  { title: 'Up', show: ({ started }) => formatAge(Math.max(0, serverNow - started)) },
  {
    title: 'Heard of',
    show: ({ ageMs }) => (ageMs < 1000 ? 'now' : `${formatAge(ageMs)} ago`),
    isMinor: true,
  },
]

/** All nodes that share a store, as the one that is asked knows of them, and how to drain them. */
export function NodeList({ snapshots }: { readonly snapshots: readonly Snapshot[] }) {
  const { nodes: { nodes } = { nodes: [] }, serverNow = 0, samples = [] } = snapshots.at(-1) ?? {}
  return (
    <Card title="Nodes" area="nodes">
      <Figures
        rows={nodes}
        columns={columnsAt(serverNow)}
        keyOf={({ node }) => node}
        empty="Not asked yet."
      />
      <Drain key={snapshots.at(-1)?.nodes.node} startedAt={sumOf(samples, 'process_start_time_seconds')} />
    </Card>
  )
}
