import type { Calibration } from '@gamut/advisor'
import type { Style, Terminal } from './terminal.js'
import { wrap } from './wrap.js'

/** Sentences are no longer than this, however wide the terminal. */
const mostColumns = 100
const indent = '  '

/** Columns that there are. A pseudo terminal of which nobody said the size has none. */
export const columnsOf = ({ columns }: Terminal) => Math.max(40, columns || 80)
/** Columns that a text should have. */
export const textColumns = (terminal: Terminal) => Math.min(mostColumns, columnsOf(terminal))

/** Texts one below the other, each with a mark before it and its further lines as far in. */
export function listed(
  texts: readonly string[],
  terminal: Terminal,
  mark = '·',
  style: Style = 'dim',
): string[] {
  const room = textColumns(terminal) - indent.length - 2
  return texts.flatMap((text) =>
    wrap(text, room).map(
      (line, index) => `${indent}${index === 0 ? terminal.paint(style, mark) : ' '} ${line}`,
    ),
  )
}

/** Lines under their title; nothing where there are none. */
export const titled = (title: string, lines: readonly string[], terminal: Terminal): string[] =>
  lines.length === 0 ? [] : ['', terminal.paint('bold', title), ...lines]

/** Whose figures an answer has, and what else there is to know of them. */
export function footnote(
  { machine, runtime, date }: Pick<Calibration, 'machine' | 'runtime' | 'date'>,
  more: string,
  terminal: Terminal,
): string[] {
  const text = `Figures of ${runtime} on ${machine}, ${date}. ${more}`.trim()
  return ['', ...wrap(text, textColumns(terminal)).map((line) => terminal.paint('dim', line))]
}
