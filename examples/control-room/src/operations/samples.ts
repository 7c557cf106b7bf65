/** One line of `/metrics`. */
interface Sample {
  readonly name: string
  readonly labels: string
  readonly value: number
}

/** All that this view needs of `/metrics` at one moment. */
export type Samples = readonly Sample[]

/** Reads Prometheus' text format, as far as Gamut writes it. */
export const parseSamples = (text: string): Samples =>
  [...text.matchAll(/^((?:gamut|process|nodejs_eventloop)\w*)(?:\{(.*)\})? (\S+)$/gm)].map(
    ([, name = '', labels = '', value]) => ({ name, labels, value: Number(value) }),
  )

const labelOf = ({ labels }: Sample, label: string) =>
  new RegExp(`(?:^|,)${label}="([^"]*)"`).exec(labels)?.[1] ?? ''

/** The sum of a metric over whatever its labels say. */
export const sumOf = (samples: Samples, name: string): number =>
  samples.reduce((sum, sample) => (sample.name === name ? sum + sample.value : sum), 0)

/** A metric by one of its labels. */
export function sumBy(samples: Samples, name: string, label: string): ReadonlyMap<string, number> {
  const sums = new Map<string, number>()
  for (const sample of samples) {
    if (sample.name !== name) continue
    const key = labelOf(sample, label)
    sums.set(key, (sums.get(key) ?? 0) + sample.value)
  }
  return sums
}
