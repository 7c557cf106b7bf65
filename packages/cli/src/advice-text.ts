import {
  type Advice,
  configText,
  formatBytes,
  formatCount,
  formatMs,
  type Option,
  patternNames,
  verdictOf,
} from '@gamut/advisor'
import { fittingColumns } from './fitting-columns.js'
import { columnsOf, footnote, listed, textColumns, titled } from './paragraphs.js'
import type { Terminal } from './terminal.js'
import { wrap } from './wrap.js'

const indent = '  '
/** From here on there is room for columns that are seldom asked for. */
const wideColumns = 100

const coresOf = ({ cores }: Option) => cores.user + cores.kernel + cores.proxy
const memoryOf = ({ memoryBytes: of }: Option) => of.process + of.kernel + of.slow + of.proxy
const bytesOf = ({ bytesPerSecond: of }: Option) => of.down + of.up + of.overhead

/** A figure of which what is tiny is told as that. */
const small = (value: number) => (value > 0 && value < 0.001 ? '<0.001' : formatCount(value))

/** A column of the table: its head, and what stands in it. */
type Column = readonly [head: string, cell: (option: Option, advice: Advice) => string]

const costs: readonly Column[] = [
  ['age p99', ({ stalenessMs }) => formatMs(stalenessMs.p99)],
  ['req/s', ({ requestsPerSecond }) => small(requestsPerSecond)],
  ['conns', ({ connections }) => formatCount(Math.round(connections))],
  ['bytes/s', (option) => formatBytes(bytesOf(option))],
  ['cores', (option) => small(coresOf(option))],
  ['memory', (option) => formatBytes(memoryOf(option))],
]
const more: readonly Column[] = [
  ['age mean', ({ stalenessMs }) => formatMs(stalenessMs.expected)],
  ['wasted/s', ({ wastedRequestsPerSecond }) => small(wastedRequestsPerSecond)],
]
const weighed: readonly Column[] = [
  ['nodes', ({ nodes }) => small(nodes)],
  ['weight', ({ weight }) => formatCount(Number(weight.toPrecision(3)))],
  ['score', ({ score }) => small(Number(score.toPrecision(3)))],
]

/** Figures that a narrow terminal leaves out, the first of them first. */
const mayMiss = ['conns', 'req/s', 'bytes/s']

/** A table of the patterns: their names, figures aligned at the right, and what became of each. */
function table(all: readonly Column[], advice: Advice, terminal: Terminal): string[] {
  const verdicts = advice.patterns.map((option) => verdictOf(option, advice))
  const nameWidth = Math.max(...advice.patterns.map(({ pattern }) => pattern.length))
  const ends = indent.length + nameWidth + Math.max(...verdicts.map(({ length }) => length))
  const cells = advice.patterns.map((option) => all.map(([, cell]) => cell(option, advice)))
  const heads = all.map(([head]) => head)
  const widths = heads.map((head, at) => Math.max(head.length, ...cells.map((row) => row[at]?.length ?? 0)))
  const widthOf = (columns: readonly number[]) =>
    columns.reduce((sum, at) => sum + (widths[at] ?? 0) + 1, ends + 1)
  const columns = fittingColumns(heads, mayMiss, widthOf, columnsOf(terminal))
  const room = columnsOf(terminal) - widthOf(columns)
  const gap = ' '.repeat(Math.max(1, Math.min(3, 1 + Math.floor(room / (columns.length + 1)))))
  const line = (row: readonly string[]) =>
    columns.map((at) => `${gap}${(row[at] ?? '').padStart(widths[at] ?? 0)}`).join('')
  return [
    `${indent}${terminal.paint('dim', `${' '.repeat(nameWidth)}${line(heads)}`)}`,
    ...advice.patterns.map(({ pattern, meets }, row) => {
      const text = `${pattern.padEnd(nameWidth)}${line(cells[row] ?? [])}${gap}${verdicts[row]}`
      if (pattern === advice.pattern) return `${terminal.paint('green', '→ ')}${terminal.paint('bold', text)}`
      return `${indent}${meets ? text : terminal.paint('dim', text)}`
    }),
  ]
}

function headline({ headline: text, pattern, meets }: Advice, terminal: Terminal): string[] {
  const name = patternNames[pattern]
  const [first = '', ...rest] = wrap(text, textColumns(terminal))
  const isFirst = first.toLowerCase().startsWith(name.toLowerCase())
  const shown = first.slice(0, name.length)
  const painted = terminal.paint('bold', terminal.paint(meets ? 'green' : 'yellow', shown))
  return [isFirst ? `${painted}${first.slice(name.length)}` : terminal.paint('yellow', first), ...rest]
}

function settingLines(advice: Advice, terminal: Terminal): string[] {
  const { pollAfterMs, waitMs } = advice.settings
  const obeys =
    pollAfterMs !== undefined
      ? `Readers poll about every ${formatMs(pollAfterMs)}, as the server tells them; the client obeys and needs no setting.`
      : waitMs !== undefined
        ? `Readers ask with wait=${Math.floor(waitMs / 1000)}, as the client does by itself.`
        : 'The client takes what the server advises and needs no setting.'
  const config = configText(advice, columnsOf(terminal) - indent.length).split('\n')
  return [
    ...config.map((line) => `${indent}${terminal.paint('cyan', line)}`),
    ...listed([obeys], terminal, '→'),
  ]
}

function weighing(advice: Advice, terminal: Terminal): string[] {
  const how =
    'Score: what a pattern takes of a node (one core, its memory and bandwidth, added up; 1 % at least) times its weight, which is how much less it must cost to be worth more trouble. The least score of what meets the need is taken.'
  return [...table(weighed, advice, terminal), '', ...listed([how], terminal)]
}

/** An answer for people; the whole one has every reason and how the patterns were weighed. */
export function adviceLines(advice: Advice, isWhole: boolean, terminal: Terminal): string[] {
  const { patterns, pattern, reasons, breakEven, warnings, assumed, calibration } = advice
  const isWide = columnsOf(terminal) >= wideColumns
  const isPossible = patterns.some((option) => option.pattern === pattern && option.possible)
  const texts = (all: readonly { readonly text: string }[]) => all.map(({ text }) => text)
  const taken = assumed.length === 0 ? [] : [`${texts(assumed).join('; ')}.`]
  const section = (title: string, lines: readonly string[]) => titled(title, lines, terminal)
  return [
    ...headline(advice, terminal),
    ...section('Set', isPossible ? settingLines(advice, terminal) : []),
    ...section('What each pattern takes', table(isWide ? [...costs, ...more] : costs, advice, terminal)),
    ...section('Why', isWhole ? listed(texts(reasons), terminal) : []),
    ...section('How it was weighed', isWhole ? weighing(advice, terminal) : []),
    ...section('What would change it', listed(texts(breakEven), terminal)),
    ...section('Know before', listed(texts(warnings), terminal, '!', 'yellow')),
    ...section('Taken for what was not said', listed(taken, terminal)),
    ...footnote(calibration, `With a proxy’s share.${isWhole ? '' : ' --explain says why.'}`, terminal),
  ]
}
