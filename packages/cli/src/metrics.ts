import { type MetricName, type Metrics, metricDefinitions, type Sample } from '@gamut/server'
import { collectDefaultMetrics, type Metric, Registry } from 'prom-client'

/** Gamut's own metrics as they were at the last scrape, in the only form that a registry asks for. */
function createMetric(name: MetricName, samples: () => readonly Sample[]): Metric {
  const { help, kind } = metricDefinitions[name]
  const get = async () => {
    const own = samples().filter((sample) => sample.name === name)
    const values = own.map(({ suffix, labels, value }) => ({ metricName: `${name}${suffix}`, labels, value }))
    return { name, help, type: kind, values }
  }
  return { name, help, get } as unknown as Metric
}

/** Counts in Prometheus' format, with Node's own numbers (memory, CPU, delay of the event loop) beside Gamut's. */
export function createMetrics(): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  let last: readonly Sample[] = []
  for (const name of Object.keys(metricDefinitions) as MetricName[]) {
    registry.registerMetric(createMetric(name, () => last))
  }
  return {
    render: async (samples) => {
      last = samples
      return { contentType: registry.contentType, text: await registry.metrics() }
    },
  }
}
