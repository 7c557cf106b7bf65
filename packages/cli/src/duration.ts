const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }

/** `90s`, `15m`, `12h` or `30d` in seconds; `undefined` for what is none. */
export function parseDuration(text: string): number | undefined {
  const [, digits = '', unit = ''] = /^(\d{1,9})([smhd])$/.exec(text) ?? []
  const seconds = Number(digits) * (unitSeconds[unit] ?? 0)
  return seconds > 0 ? seconds : undefined
}

const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

/** `50ms`, `1.5s`, `10m`, `1h` or `2d` in milliseconds, and `0`; `undefined` for what is none. */
export function parseMs(text: string): number | undefined {
  if (text === '0') return 0
  const [, digits = '', unit = ''] = /^(\d{1,9}(?:\.\d{1,6})?) ?(ms|s|min|m|h|d)$/.exec(text) ?? []
  const size = unitMs[unit]
  return size === undefined ? undefined : Number(digits) * size
}
