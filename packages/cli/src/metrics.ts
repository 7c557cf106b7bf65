import { type MetricName, type Metrics, metricDefinitions, type Sample } from '@gamut/server'
import { AggregatorRegistry, collectDefaultMetrics, Gauge, type Metric, Registry } from 'prom-client'
import { readKernelLimits } from './kernel.js'

/** All metrics of one process, as they go from worker to worker. */
export type ProcessMetrics = Awaited<ReturnType<Registry['getMetricsAsJSON']>>

/** The metrics of this process, and those of its siblings where it has some. */
export interface ProcessMetricsSource extends Metrics {
  /** Reads this process alone: `scrape` is how its samples are asked for. */
  own(scrape: () => Promise<unknown>): Promise<ProcessMetrics>
}

/** How numbers of several processes become one, where their sum says nothing. */
const aggregators: Partial<Record<MetricName, 'min' | 'max'>> = {
  gamut_broker_up: 'min',
  gamut_idempotency_window_seconds: 'max',
}

/** Gamut's own metrics as they were at the last scrape, in the only form that a registry asks for. */
function createMetric(name: MetricName, samples: () => readonly Sample[]): Metric {
  const { help, kind } = metricDefinitions[name]
  const get = async () => {
    const own = samples().filter((sample) => sample.name === name)
    const values = own.map(({ suffix, labels, value }) => ({ metricName: `${name}${suffix}`, labels, value }))
    return { name, help, type: kind, values, aggregator: aggregators[name] ?? 'sum' }
  }
  return { name, help, get } as unknown as Metric
}

/** The kernel's limits, the same for all processes of a machine; read at each scrape, as they change while it runs. */
function registerKernel(registry: Registry): void {
  const gauges = [
    ['somaxconn', 'system_somaxconn', 'Handshakes that the kernel lets wait to be accepted.'],
    ['tcpWmemMaxBytes', 'system_tcp_wmem_max_bytes', 'Bytes that the kernel holds for one reader at most.'],
  ] as const
  for (const [limit, name, help] of gauges) {
    if (readKernelLimits()[limit] === undefined) continue
    new Gauge({
      name,
      help,
      registers: [registry],
      aggregator: 'max',
      collect() {
        this.set(readKernelLimits()[limit] ?? 0)
      },
    })
  }
}

/**
 * Counts in Prometheus' format, with Node's own numbers (memory, CPU, delay of the event loop) and the kernel's limits beside Gamut's. `siblings`
 * gives the metrics of the other processes that share the port; whoever asks one of them is told of all together.
 */
export function createMetrics(
  siblings: () => Promise<readonly ProcessMetrics[]> = async () => [],
): ProcessMetricsSource {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  registerKernel(registry)
  let last: readonly Sample[] = []
  for (const name of Object.keys(metricDefinitions) as MetricName[]) {
    registry.registerMetric(createMetric(name, () => last))
  }
  let isForSibling = false
  return {
    render: async (samples) => {
      last = samples
      const others = isForSibling ? [] : await siblings()
      const { contentType } = registry
      if (others.length === 0) return { contentType, text: await registry.metrics() }
      const all = [await registry.getMetricsAsJSON(), ...others]
      return { contentType, text: await AggregatorRegistry.aggregate(all).metrics() }
    },
    own: async (scrape) => {
      // A scrape gives its samples to `render` before it waits for anything.
      isForSibling = true
      const scraped = scrape()
      isForSibling = false
      await scraped
      return registry.getMetricsAsJSON()
    },
  }
}
