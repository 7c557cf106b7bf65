const numbers = new Intl.NumberFormat('en', { maximumFractionDigits: 1 })
const wholeNumbers = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const clocks = new Intl.DateTimeFormat('en', { timeStyle: 'medium', hourCycle: 'h23' })
const times = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })

/** A number with so many digits that it stays as wide as it is. */
export const formatCount = (value: number): string => wholeNumbers.format(value)

/** A share, from 0 to 100. */
export const formatPercent = (value: number): string => `${wholeNumbers.format(value)} %`

/** Bytes in the unit that keeps the number short, as a number and its unit. */
export function splitBytes(bytes: number): { readonly value: string; readonly unit: string } {
  const units = ['B', 'KB', 'MB', 'GB', 'TB']
  let unit = 0
  let rest = bytes
  while (rest >= 1000 && unit < units.length - 1) {
    rest /= 1000
    unit++
  }
  const format = rest >= 100 || unit === 0 ? wholeNumbers : numbers
  return { value: format.format(rest), unit: units[unit] ?? '' }
}

/** The same as one text. */
export function formatBytes(bytes: number): string {
  const { value, unit } = splitBytes(bytes)
  return `${value} ${unit}`
}

/** A duration as long as its unit allows. */
export function formatMs(ms: number): string {
  if (ms < 1000) return `${wholeNumbers.format(ms)} ms`
  if (ms < 60_000) return `${numbers.format(ms / 1000)} s`
  return `${wholeNumbers.format(ms / 60_000)} min`
}

/** How long something lasts, in whole units. */
export function formatAge(ms: number): string {
  if (ms < 60_000) return `${wholeNumbers.format(ms / 1000)} s`
  if (ms < 3_600_000) return `${wholeNumbers.format(ms / 60_000)} min`
  return `${numbers.format(ms / 3_600_000)} h`
}

/** The time of day with its seconds, by the clock of who looks. */
export const formatClock = (at: number): string => clocks.format(at)

/** The time of day, by the clock of who looks. */
export const formatTime = (at: number): string => times.format(at)

/** How often something happens, with a digit where it is seldom. */
export const formatRate = (perSecond: number): string =>
  `${(perSecond < 10 ? numbers : wholeNumbers).format(perSecond)}/s`
