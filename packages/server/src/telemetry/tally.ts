import type { TransportName } from '@gamut/protocol'
import { ByLabels } from './by-labels.js'
import {
  type CounterName,
  type GaugeName,
  type HistogramName,
  type LabelValues,
  type MetricName,
  metricDefinitions,
  type Sample,
} from './metrics.js'

/** Counters without a label. */
type PlainCounterName = {
  [N in CounterName]: (typeof metricDefinitions)[N]['labels'] extends readonly [] ? N : never
}[CounterName]

/** What one transport has done. */
export interface TransportTally {
  opened: number
  deliveries: number
  bytes: number
  writes: number
  blocked: number
}

const transportMetrics: Readonly<Record<keyof TransportTally, CounterName>> = {
  opened: 'gamut_connections_opened_total',
  deliveries: 'gamut_deliveries_total',
  bytes: 'gamut_delivered_bytes_total',
  writes: 'gamut_writes_total',
  blocked: 'gamut_blocked_total',
}

/** Values of a gauge with labels: one for each combination that there is. */
export type Readings<Name extends GaugeName> = readonly (readonly [LabelValues<Name>, number])[]

function isPlainCounter(name: MetricName): name is PlainCounterName {
  const { kind, labels } = metricDefinitions[name]
  return kind === 'counter' && labels.length === 0
}

/** Upper bounds in seconds: a publish into memory takes some 50 µs, and one that took seconds is a fault. */
const bounds = [
  0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10,
]

/** What one combination of labels has come to. */
interface Counted {
  readonly values: readonly string[]
  count: number
}

/** Measurements of one kind: how many lie within each bound and not within the one before, and their sum. */
interface Measured {
  readonly values: readonly string[]
  readonly within: number[]
  count: number
  seconds: number
}

function toLabels(name: MetricName, values: readonly string[]): Record<string, string> {
  return Object.fromEntries(metricDefinitions[name].labels.map((label, at) => [label, values[at] ?? '']))
}

/**
 * Plain numbers that are added to where something happens, turned into samples when somebody scrapes. A new metric is a
 * line in `metricDefinitions` and a call of `count`, `observe` or `gauge`; on the hot path, `counts.<name>++`.
 */
export class Tally {
  /** Counters without labels, to add to. */
  readonly counts: Record<PlainCounterName, number>
  readonly #transports = new Map<TransportName, TransportTally>()
  readonly #labelled = new Map<CounterName, ByLabels<Counted>>()
  readonly #measured = new Map<HistogramName, ByLabels<Measured>>()
  readonly #gauges: (() => readonly Sample[])[] = []

  constructor() {
    const names = (Object.keys(metricDefinitions) as MetricName[]).filter(isPlainCounter)
    this.counts = Object.fromEntries(names.map((name) => [name, 0])) as Record<PlainCounterName, number>
  }

  of(transport: TransportName): TransportTally {
    let tally = this.#transports.get(transport)
    if (!tally) {
      tally = { opened: 0, deliveries: 0, bytes: 0, writes: 0, blocked: 0 }
      this.#transports.set(transport, tally)
    }
    return tally
  }

  /** Counts one. The values are the labels' in the order of the definition, each out of a short list. */
  count<Name extends Exclude<CounterName, PlainCounterName>>(name: Name, ...values: LabelValues<Name>): void {
    ofMetric(this.#labelled, name, toCounted).of(values).count++
  }

  /** Measures one; the values are the labels' in the order of the definition. */
  observe<Name extends HistogramName>(name: Name, ms: number, ...values: LabelValues<Name>): void {
    const seconds = ms / 1000
    const measured = ofMetric(this.#measured, name, toMeasured).of(values)
    const at = bounds.findIndex((bound) => seconds <= bound)
    if (at !== -1) measured.within[at] = (measured.within[at] ?? 0) + 1
    measured.count++
    measured.seconds += seconds
  }

  /** Has a value read at each scrape; with labels, all values that there are. */
  gauge<Name extends GaugeName>(name: Name, read: () => number | Readings<Name>): void {
    this.#gauges.push(() => {
      const value = read()
      const readings: Readings<Name> = typeof value === 'number' ? [[[] as never, value]] : value
      return readings.map(([values, each]) => toSample(name, values, each))
    })
  }

  /** Everything as it stands. */
  samples(): readonly Sample[] {
    const fields = Object.keys(transportMetrics) as (keyof TransportTally)[]
    const names = Object.keys(this.counts) as PlainCounterName[]
    return [
      ...[...this.#transports].flatMap(([transport, tally]) =>
        fields.map((field) => toSample(transportMetrics[field], [transport], tally[field])),
      ),
      ...names.map((name) => toSample(name, [], this.counts[name])),
      ...[...this.#labelled].flatMap(([name, counters]) =>
        counters.all.map(({ values, count }) => toSample(name, values, count)),
      ),
      ...[...this.#measured].flatMap(([name, kinds]) =>
        kinds.all.flatMap((measured) => toHistogram(name, measured)),
      ),
      ...this.#gauges.flatMap((read) => read()),
    ]
  }
}

function toCounted(values: readonly string[]): Counted {
  return { values, count: 0 }
}

function toMeasured(values: readonly string[]): Measured {
  return { values, within: bounds.map(() => 0), count: 0, seconds: 0 }
}

function ofMetric<Name, Value>(
  all: Map<Name, ByLabels<Value>>,
  name: Name,
  make: (values: readonly string[]) => Value,
): ByLabels<Value> {
  const known = all.get(name)
  if (known) return known
  const made = new ByLabels(make)
  all.set(name, made)
  return made
}

function toSample(
  name: MetricName,
  values: readonly string[],
  value: number,
  suffix: Sample['suffix'] = '',
): Sample {
  return { name, suffix, labels: toLabels(name, values), value }
}

/** Buckets count everything up to their bound. */
function toHistogram(name: HistogramName, { values, within, count, seconds }: Measured): readonly Sample[] {
  let sum = 0
  const buckets = bounds.map((bound, at): Sample => {
    sum += within[at] ?? 0
    return { name, suffix: '_bucket', labels: { ...toLabels(name, values), le: String(bound) }, value: sum }
  })
  const all: Sample = {
    name,
    suffix: '_bucket',
    labels: { ...toLabels(name, values), le: '+Inf' },
    value: count,
  }
  return [...buckets, all, toSample(name, values, seconds, '_sum'), toSample(name, values, count, '_count')]
}
