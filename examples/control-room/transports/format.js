// @ts-check

const whole = new Intl.NumberFormat('en')
const tenths = new Intl.NumberFormat('en', { minimumFractionDigits: 1, maximumFractionDigits: 1 })
const units = ['B', 'KB', 'MB', 'GB', 'TB']

/** A whole number with its thousands parted. */
export function formatCount(/** @type {number} */ value) {
  return whole.format(Math.round(value))
}

/** One digit after the point. */
export function formatTenths(/** @type {number} */ value) {
  return tenths.format(value)
}

/** An amount of bytes and its unit, which is 1,024 of the one below. */
export function splitBytes(/** @type {number} */ bytes) {
  // Never four digits: from 1,000 on, the next unit.
  let step = 0
  while (step < units.length - 1 && bytes / 1024 ** step >= 999.5) step += 1
  const value = bytes / 1024 ** step
  return {
    value: step === 0 || value >= 100 ? formatCount(value) : formatTenths(value),
    unit: units[step] ?? '',
  }
}

/** An amount of bytes as one text. */
export function formatBytes(/** @type {number} */ bytes) {
  const { value, unit } = splitBytes(bytes)
  return `${value} ${unit}`
}

/** Milliseconds, in seconds from one second on. */
export function formatMs(/** @type {number | undefined} */ ms) {
  if (ms === undefined) return '–'
  return ms < 1000 ? `${formatCount(ms)} ms` : `${formatTenths(ms / 1000)} s`
}

/** The time of day. */
export function formatTime(/** @type {number} */ time) {
  return new Date(time).toLocaleTimeString([], { hour12: false })
}
