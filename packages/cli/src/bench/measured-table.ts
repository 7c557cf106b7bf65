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

const shown = (error: number | undefined) =>
  error === undefined
    ? 'right'
    : !Number.isFinite(error)
      ? 'seen none'
      : `${error > 0 ? '+' : ''}${formatCount(Math.round(error * 100))} %`

/** What was predicted and what was measured, a block for each pattern. */
export function measuredTable(all: readonly Measured[]): string {
  return all
    .flatMap(({ pattern, figures }) => [
      patternNames[pattern],
      `  ${'figure'.padEnd(14)}${'predicted'.padStart(12)}${'measured'.padStart(12)}${'off by'.padStart(12)}`,
      ...figures.map((figure) => {
        const [title, format] = titles[figure.name]
        const { error } = figure
        const isOff = error !== undefined && Math.abs(error) > figure.within
        return `  ${title.padEnd(14)}${format(figure.predicted).padStart(12)}${format(figure.measured).padStart(12)}${shown(error).padStart(12)}${isOff ? '  *' : ''}`
      }),
      '',
    ])
    .join('\n')
    .concat('* further off than 15 % of a count or of bytes, 30 % of CPU or memory')
}
