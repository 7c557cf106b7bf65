import { formatBytes, formatCount, patternNames } from '@gamut/advisor'
import type { Compared, Measured } from './measure.js'

const titles: Readonly<
  Record<Compared['name'], readonly [title: string, format: (value: number) => string]>
> = {
  requests: ['requests/s', formatCount],
  empty: ['of them empty', formatCount],
  connections: ['connections', formatCount],
  connects: ['connects/s', formatCount],
  messages: ['messages/s', formatCount],
  down: ['down/s', formatBytes],
  up: ['up/s', formatBytes],
  cores: ['cores', formatCount],
  memory: ['memory', formatBytes],
}

/** Below these a figure is as good as none: half a request in a window, the noise of a process's memory. */
const noise: Partial<Record<Compared['name'], number>> = {
  requests: 1,
  empty: 1,
  connects: 1,
  messages: 1,
  down: 500,
  up: 500,
  cores: 0.005,
  memory: 4 * 1024 ** 2,
}

/** How far a prediction is off, as a share of what was measured; `undefined` where both are as good as nothing. */
export function errorOf({ name, predicted, measured }: Compared): number | undefined {
  const least = noise[name] ?? 0
  if (Math.abs(predicted - measured) <= least) return undefined
  return measured === 0 ? Number.POSITIVE_INFINITY : predicted / measured - 1
}

const shown = (error: number | undefined) =>
  error === undefined
    ? 'right'
    : Number.isFinite(error)
      ? `${error > 0 ? '+' : ''}${Math.round(error * 100)} %`
      : 'seen none'

/** What was predicted and what was measured, a block for each pattern. */
export function measuredTable(all: readonly Measured[]): string {
  return all
    .flatMap(({ pattern, figures }) => [
      patternNames[pattern],
      `  ${'figure'.padEnd(14)}${'predicted'.padStart(12)}${'measured'.padStart(12)}${'off by'.padStart(12)}`,
      ...figures.map((figure) => {
        const [title, format] = titles[figure.name]
        const error = errorOf(figure)
        const isOff = error !== undefined && Math.abs(error) > figure.within
        return `  ${title.padEnd(14)}${format(figure.predicted).padStart(12)}${format(figure.measured).padStart(12)}${shown(error).padStart(12)}${isOff ? '  *' : ''}`
      }),
      '',
    ])
    .join('\n')
    .concat('* further off than 15 % of a count or of bytes, 30 % of CPU or memory')
}
