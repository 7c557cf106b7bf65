/** `90000` as `90 s`. */
export function formatMs(ms: number): string {
  const units = [
    [86_400_000, 'd'],
    [3_600_000, 'h'],
    [60_000, 'min'],
    [1000, 's'],
  ] as const
  const fits = units.find(([size]) => ms >= size && ms % size === 0) ?? units.find(([size]) => ms >= size)
  if (!fits) return `${Math.round(ms)} ms`
  const [size, unit] = fits
  return `${Number((ms / size).toFixed(1))} ${unit}`
}
