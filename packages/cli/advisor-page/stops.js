// @ts-check

const perDecade = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8]

/** Round numbers from one to another, ten to a decade. */
export function series(/** @type {number} */ least, /** @type {number} */ most) {
  /** @type {number[]} */
  const found = []
  for (let power = Math.floor(Math.log10(least)); power <= Math.log10(most); power++)
    for (const digits of perDecade) {
      const value = Number((digits * 10 ** power).toPrecision(3))
      if (value >= least && value <= most) found.push(value)
    }
  return found
}

/** The same of things that can be counted. */
export const counts = (/** @type {number} */ most) =>
  series(1, most).filter((value) => Number.isInteger(value))

const second = 1000
const minute = 60 * second
const hour = 60 * minute
const times = [
  ...[10, 15, 20, 30, 40, 50, 70, 100, 150, 200, 250, 300, 400, 500, 700],
  ...[1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 45].map((count) => count * second),
  ...[1, 1.5, 2, 3, 4, 5, 7, 10, 15, 20, 30, 45].map((count) => count * minute),
  ...[1, 1.5, 2, 3, 4, 6, 8, 12, 24].map((count) => count * hour),
]

/** Lengths of time as people say them, in milliseconds. */
export const durations = (/** @type {number} */ least, /** @type {number} */ most) =>
  times.filter((ms) => ms >= least && ms <= most)

const frequencies = [
  ...[1, 2, 3, 4, 6, 8, 12].map((count) => count / 86_400),
  ...[1, 2, 3, 4, 6, 10, 15, 20, 30].map((count) => count / 3600),
  ...[1, 2, 3, 4, 6, 10, 15, 20, 30].map((count) => count / 60),
  ...series(1, 1000),
]

/** How often, in a second, as people say it by the day, the hour, the minute and the second. */
export const rates = (/** @type {number} */ least, /** @type {number} */ most) =>
  frequencies.filter((rate) => rate >= least * 0.999 && rate <= most)

/** Which stop is the nearest to a value, on a scale of magnitudes. */
export function nearest(/** @type {readonly number[]} */ stops, /** @type {number} */ value) {
  const far = (/** @type {number} */ stop) =>
    Math.abs(Math.log(Math.max(stop, 1e-9)) - Math.log(Math.max(value, 1e-9)))
  return stops.reduce((best, stop, at) => (far(stop) < far(stops[best] ?? 0) ? at : best), 0)
}
