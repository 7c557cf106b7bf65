import type { Message } from '@gamut/client'
import { type ReactNode, useEffect, useMemo } from 'react'
import { needs } from '../needs.mjs'
import { Chart, type Line } from './chart.js'
import { formatBytes, formatCount, formatMs, formatPercent } from './format.js'
import { GapNote } from './gap-note.js'
import { useChannel } from './hooks.js'
import { links } from './links.js'
import { learnFromMessage } from './server-clock.js'
import { useMissed } from './use-missed.js'

/** A minute at 20 messages a second. */
const keep = 1200

type Metric = ReturnType<typeof useMetrics>['messages'][number]['data']

function useMetrics() {
  return useChannel('machine/metrics', { need: needs.metrics, last: 240, keep })
}

const sumOf = ({ received, sent, loopback }: Metric['network']) => received + sent + loopback

function Tile(props: {
  readonly title: string
  readonly value: string | undefined
  readonly note?: ReactNode
  readonly children: ReactNode
  readonly area: string
}) {
  return (
    <div className="tile" data-area={props.area}>
      <div>
        <h3>{props.title}</h3>
        <p className="value">{props.value ?? '–'}</p>
        <p className="note">{props.note}</p>
      </div>
      {props.children}
    </div>
  )
}

/** The lines of a tile, made anew only when something has come. */
function useLines(
  messages: readonly Message<Metric>[],
  make: (data: Metric) => readonly number[],
  labels: readonly string[],
  tones: readonly Line['tone'][],
): readonly Line[] {
  // biome-ignore lint/correctness/useExhaustiveDependencies: how lines are made never changes, how many there are does
  return useMemo(() => {
    const rows = messages.map(({ data }) => make(data))
    return labels.map((label, index) => ({
      label,
      tone: tones[Math.min(index, tones.length - 1)] ?? 'faint',
      values: rows.map((row) => row[index] ?? 0),
    }))
  }, [messages, labels.length])
}

function Processor({
  messages,
  times,
}: {
  readonly messages: readonly Message<Metric>[]
  readonly times: readonly number[]
}) {
  const now = messages.at(-1)?.data
  const cores = now?.cores.length ?? 0
  const labels = ['All cores', ...Array.from({ length: cores }, (_, index) => `Core ${index + 1}`)]
  const lines = useLines(messages, ({ cpu, cores }) => [cpu, ...cores], labels, ['first', 'faint'])
  return (
    <Tile
      area="cpu"
      title="Processor"
      value={now && formatPercent(now.cpu)}
      note={now && `busiest of ${cores}: ${formatPercent(Math.max(...now.cores))}`}
    >
      <Chart label="Load of the processor over the last minute" times={times} lines={lines} least={100} />
    </Tile>
  )
}

function Others({
  messages,
  times,
}: {
  readonly messages: readonly Message<Metric>[]
  readonly times: readonly number[]
}) {
  const now = messages.at(-1)?.data
  const memory = useLines(
    messages,
    ({ memory }) => [(100 * memory.used) / memory.total],
    ['Memory'],
    ['first'],
  )
  const network = useLines(messages, ({ network }) => [sumOf(network)], ['Traffic'], ['first'])
  const loop = useLines(messages, ({ loopMs }) => [loopMs], ['Delay'], ['first'])
  return (
    <>
      <Tile
        area="memory"
        title="Memory"
        value={now && formatPercent((100 * now.memory.used) / now.memory.total)}
        note={now && `${formatBytes(now.memory.used)} of ${formatBytes(now.memory.total)}`}
      >
        <Chart label="Memory in use over the last minute" times={times} lines={memory} least={100} />
      </Tile>
      <Tile
        area="network"
        title="Network"
        value={now && `${formatBytes(sumOf(now.network))}/s`}
        note={now && `${formatBytes(now.network.loopback)}/s of it inside`}
      >
        <Chart label="Network traffic over the last minute" times={times} lines={network} least={10_000} />
      </Tile>
      <Tile
        area="loop"
        title="Event loop"
        value={now && formatMs(now.loopMs)}
        note={now && `late; ${formatCount(now.connections)} connections held`}
      >
        <Chart
          label="Delay of the server's event loop over the last minute"
          times={times}
          lines={loop}
          least={20}
        />
      </Tile>
    </>
  )
}

/** This machine as it is now, and its last minute. */
export function Metrics() {
  const { messages, gap } = useMetrics()
  const times = useMemo(() => messages.map(({ time }) => time / 1000), [messages])
  const newest = messages.at(-1)?.time
  useEffect(() => {
    if (newest) learnFromMessage(newest)
  }, [newest])
  useMissed(links.metrics, newest)
  return (
    <div className="metrics" data-offset={messages.at(-1)?.offset}>
      <Processor messages={messages} times={times} />
      <Others messages={messages} times={times} />
      <GapNote gap={gap} />
    </div>
  )
}
