import { useMemo } from 'react'
import { Chart, type Line } from '../chart.js'
import { formatAge, formatBytes, formatCount, formatMs, formatRate } from '../format.js'
import type { Snapshot } from './answers.js'
import { Card } from './figures.js'
import { ratesOf } from './rates.js'
import { sumOf } from './samples.js'

function Figure(props: { readonly label: string; readonly value: string; readonly note: string }) {
  return (
    <div>
      <dt>{props.label}</dt>
      <dd>
        <span className="value">{props.value}</span>
        <span className="note">{props.note}</span>
      </dd>
    </div>
  )
}

/** What the node did from each snapshot to the next. */
function useLine(snapshots: readonly Snapshot[]): { times: readonly number[]; lines: readonly Line[] } {
  return useMemo(() => {
    const rates = snapshots.flatMap((snapshot, index) => {
      const rate = ratesOf(snapshots[index - 1], snapshot)
      return rate ? { at: snapshot.at / 1000, value: rate.of('gamut_deliveries_total') } : []
    })
    return {
      times: rates.map(({ at }) => at),
      lines: [{ label: 'Delivered', tone: 'first', values: rates.map(({ value }) => value) }],
    }
  }, [snapshots])
}

/** Whether the node takes readers, in a word, and how good that is. */
function standOf({ samples, nodes }: Snapshot): { readonly state: string; readonly text: string } {
  if (sumOf(samples, 'gamut_draining') > 0) return { state: 'waiting', text: 'Draining' }
  if (sumOf(samples, 'gamut_broker_up') === 0 || nodes.stale)
    return { state: 'offline', text: 'Does not see its store' }
  if (sumOf(samples, 'gamut_overload_level') > 0) return { state: 'waiting', text: 'Overloaded' }
  return { state: 'live', text: 'Ready' }
}

/** Figures of a node at one moment; a dash for what takes two looks. */
function figuresOf(now: Snapshot | undefined, before: Snapshot | undefined) {
  const rates = ratesOf(before, now)
  const rate = (name: string) => (rates ? formatRate(rates.of(name)) : '–')
  const metric = (name: string, format: (value: number) => string) =>
    now ? format(sumOf(now.samples, name)) : '–'
  const cores = rates?.of('process_cpu_seconds_total')
  return [
    {
      label: 'Connections',
      value: now ? formatCount(now.connections.total) : '–',
      note: `of ${metric('gamut_connections_max', formatCount)} at most`,
    },
    {
      label: 'Delivered',
      value: rate('gamut_deliveries_total'),
      note: rates ? `${formatBytes(rates.of('gamut_delivered_bytes_total'))}/s` : 'in a moment',
    },
    {
      label: 'Published',
      value: rate('gamut_published_total'),
      note: `${metric('gamut_published_total', formatCount)} in all`,
    },
    { label: 'Requests', value: rate('gamut_requests_total'), note: 'of all kinds' },
    {
      label: 'Processor',
      value: cores === undefined ? '–' : `${formatCount(cores * 100)} %`,
      note: 'of one core',
    },
    {
      label: 'Memory',
      value: metric('process_resident_memory_bytes', formatBytes),
      note: `loop ${metric('nodejs_eventloop_lag_p99_seconds', (seconds) => formatMs(seconds * 1000))} late`,
    },
  ]
}

/** A node in figures, and what it has delivered in the last minute. */
export function Overview({ snapshots }: { readonly snapshots: readonly Snapshot[] }) {
  const [before, now] = [snapshots.at(-2), snapshots.at(-1)]
  const { times, lines } = useLine(snapshots)
  const stand = now && standOf(now)
  const started = now?.nodes.nodes.find(({ node }) => node === now.nodes.node)?.started
  const since = !now || started === undefined ? '' : `, up ${formatAge(Math.max(0, now.serverNow - started))}`
  return (
    <Card
      title={now?.nodes.node ?? 'This node'}
      area="overview"
      beside={
        <p className="pattern" data-state={stand?.state}>
          <span className="dot" aria-hidden="true" />
          {stand ? `${stand.text}${since}` : '…'}
        </p>
      }
    >
      <dl className="key-figures">
        {figuresOf(now, before).map((figure) => (
          <Figure key={figure.label} {...figure} />
        ))}
      </dl>
      <p className="note">Delivered a second, in the last minute</p>
      <Chart label="Messages delivered a second over the last minute" times={times} lines={lines} least={5} />
    </Card>
  )
}
