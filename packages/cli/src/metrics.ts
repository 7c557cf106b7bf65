import { type MetricName, type Metrics, metricDefinitions, type Sample } from '@gamut/server'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

/** In seconds: a publish into memory takes some 50 µs, and one that took a second is a fault. */
const buckets = [
  0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5,
]

function createMetric<T>(
  kind: new (config: { name: string; help: string; labelNames: string[]; registers: Registry[] }) => T,
  name: MetricName,
  registry: Registry,
): T {
  const { help, labels } = metricDefinitions[name]
  return new kind({ name, help, labelNames: [...labels], registers: [registry] })
}

/** Counts in Prometheus' format, with Node's own numbers (memory, CPU, delay of the event loop) beside Gamut's. */
export function createMetrics(): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const histograms = new Map<string, Histogram>()
  const counters = new Map<string, Counter>()
  const gauges = new Map<string, Gauge>()
  for (const name of Object.keys(metricDefinitions) as MetricName[]) {
    const { kind, help } = metricDefinitions[name]
    if (kind === 'counter') counters.set(name, createMetric(Counter, name, registry))
    else if (kind === 'gauge') gauges.set(name, createMetric(Gauge, name, registry))
    else histograms.set(name, new Histogram({ name, help, buckets, registers: [registry] }))
  }

  /** The server counts by itself, so that its hot path only adds numbers; here they are put in place of the last ones. */
  function place(samples: readonly Sample[]): void {
    for (const metric of [...counters.values(), ...gauges.values()]) metric.reset()
    for (const { name, labels, value } of samples) {
      counters.get(name)?.inc(labels, value)
      gauges.get(name)?.set(labels, value)
    }
  }

  return {
    observe: (name, seconds) => histograms.get(name)?.observe(seconds),
    render: async (samples) => {
      place(samples)
      return { contentType: registry.contentType, text: await registry.metrics() }
    },
  }
}
