import { median } from '../measure/statistics.ts'

/** One bar: all windows of a row. */
export interface Bar {
  readonly label: string
  readonly values: readonly number[]
  readonly isOurs: boolean
}

const width = 720
const left = 230
const right = 90
const step = 26

function escapeXml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
}

/** A bar to the median with a dot for each window, so that the spread is seen. */
function drawBar({ label, values, isOurs }: Bar, y: number, scale: number, digits: number): string {
  const middle = median(values)
  const end = left + middle * scale
  const dots = values.map(
    (value) => `<circle cx="${(left + value * scale).toFixed(1)}" cy="${y + 9}" r="2.2" class="dot"/>`,
  )
  return [
    `<text x="${left - 8}" y="${y + 13}" text-anchor="end">${escapeXml(label)}</text>`,
    `<rect x="${left}" y="${y}" width="${(middle * scale).toFixed(1)}" height="18" class="${isOurs ? 'ours' : 'other'}"/>`,
    ...dots,
    `<text x="${Math.max(end, left + Math.max(...values) * scale) + 8}" y="${y + 13}">${middle.toFixed(digits)}</text>`,
  ].join('\n')
}

/** A picture of bars as SVG; it reads on light and dark pages. */
export function plotBars(title: string, bars: readonly Bar[], digits: number): string {
  const drawn = bars.filter(({ values }) => values.length > 0)
  const most = Math.max(...drawn.flatMap(({ values }) => values), 1e-9)
  const height = 44 + drawn.length * step
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escapeXml(title)}">`,
    '<style>text{font:13px system-ui,sans-serif;fill:#222}.other{fill:#b8c4d0}.ours{fill:#2f6fde}.dot{fill:#111;opacity:.45}</style>',
    `<rect width="${width}" height="${height}" fill="#fff" rx="6"/>`,
    `<text x="12" y="22" font-weight="600">${escapeXml(title)}</text>`,
    ...drawn.map((bar, index) => drawBar(bar, 36 + index * step, (width - left - right) / most, digits)),
    '</svg>',
    '',
  ].join('\n')
}
