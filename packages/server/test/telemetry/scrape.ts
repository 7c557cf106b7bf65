import type { Gamut, MetricName, Metrics, Sample } from '../../src/index.js'

/** Keeps what a scrape gives, to be asked for its numbers. */
export class KeptScrape implements Metrics {
  samples: readonly Sample[] = []

  async render(samples: readonly Sample[]) {
    this.samples = samples
    return { contentType: 'text/plain', text: '' }
  }

  /** The sum of a metric over all samples that have these labels, as they are now. */
  async count(
    gamut: Gamut,
    name: MetricName,
    labels: Readonly<Record<string, string>> = {},
  ): Promise<number> {
    await gamut.scrape()
    return this.samples
      .filter((sample) => sample.name === name && /^(?:_count)?$/.test(sample.suffix))
      .filter((sample) => Object.entries(labels).every(([label, value]) => sample.labels[label] === value))
      .reduce((sum, { value }) => sum + value, 0)
  }
}
