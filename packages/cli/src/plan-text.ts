import {
  formatBytes,
  formatCount,
  formatMs,
  type Limit,
  type Plan,
  type PlannedUse,
  resourceNames,
  type Snippet,
} from '@gamut/advisor'
import { fittingColumns } from './fitting-columns.js'
import { columnsOf, footnote, listed, textColumns, titled } from './paragraphs.js'
import type { Terminal } from './terminal.js'
import { wrap } from './wrap.js'

const indent = '  '
/** From here on there is room for columns that are seldom asked for. */
const wideColumns = 100

/** A figure of which what is tiny is told as that. */
const small = (value: number) =>
  value > 0 && value < 0.001 ? '<0.001' : formatCount(Number(value.toPrecision(3)))
const percent = (part: number) => `${formatCount(Number((part * 100).toPrecision(2)))} %`

/** Figures that a narrow terminal leaves out, the first of them first. */
const mayMiss = ['network each', 'descriptors', 'channels', 'planned to']

/** Rows under a head, the first column at the left and all others at the right; `marks` stand before rows. */
function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  terminal: Terminal,
  marked = -1,
): string[] {
  const widths = head.map((text, at) => Math.max(text.length, ...rows.map((row) => row[at]?.length ?? 0)))
  const widthOf = (columns: readonly number[]) =>
    columns.reduce((sum, at) => sum + (widths[at] ?? 0) + 1, indent.length - 1)
  const columns = fittingColumns(head, mayMiss, widthOf, columnsOf(terminal))
  const room = Math.floor((columnsOf(terminal) - widthOf(columns)) / Math.max(1, columns.length - 1))
  const gap = ' '.repeat(Math.max(1, Math.min(3, 1 + room)))
  const line = (cells: readonly string[]) =>
    columns
      .map((at) =>
        at === 0 ? (cells[0] ?? '').padEnd(widths[0] ?? 0) : (cells[at] ?? '').padStart(widths[at] ?? 0),
      )
      .join(gap)
      .trimEnd()
  return [
    `${indent}${terminal.paint('dim', line(head))}`,
    ...rows.map((row, at) =>
      at === marked
        ? `${terminal.paint('yellow', '→ ')}${terminal.paint('bold', line(row))}`
        : `${indent}${line(row)}`,
    ),
  ]
}

type Column = readonly [head: string, cell: (use: PlannedUse) => string]
const useColumns: readonly Column[] = [
  ['', ({ name }) => name],
  ['pattern', ({ pattern, meets }) => `${pattern}${meets ? '' : ' (!)'}`],
  ['readers', ({ readers }) => formatCount(readers)],
  ['channels', ({ channels }) => formatCount(channels)],
  ['messages/s', ({ messagesPerSecond }) => small(messagesPerSecond)],
  ['cores', ({ cores }) => small(cores)],
]
const moreColumns: readonly Column[] = [
  ['requests/s', ({ requestsPerSecond }) => small(requestsPerSecond)],
  ['bytes/s', ({ bytesPerSecond }) => formatBytes(Math.ceil(bytesPerSecond))],
]

function uses(plan: Plan, terminal: Terminal): string[] {
  const isWide = columnsOf(terminal) >= wideColumns
  const columns = isWide ? [...useColumns, ...moreColumns] : useColumns
  return table(
    columns.map(([head]) => head),
    plan.uses.map((use) => columns.map(([, cell]) => cell(use))),
    terminal,
  )
}

const brokerNames = { memory: 'log', sqlite: 'SQLite', redis: 'Redis' } as const
const rate = (bytes: number) => `${formatBytes(Math.ceil(bytes))}/s`

function machines({ nodes, proxies, broker }: Plan, terminal: Terminal): string[] {
  const memory = Object.values(nodes.memoryBytes).reduce((sum, part) => sum + part, 0)
  const spare = nodes.spare > 0 ? ` (${formatCount(nodes.spare)} spare)` : ''
  const rows = [
    [
      'nodes',
      `${formatCount(nodes.count)}${spare}`,
      small(nodes.cores),
      formatBytes(memory),
      formatCount(nodes.descriptorsPerProcess * nodes.processesPerNode),
      rate(nodes.bytesPerSecond),
    ],
    ...(proxies.count > 0
      ? [
          [
            proxies.kind,
            formatCount(proxies.count),
            small(proxies.cores),
            formatBytes(proxies.memoryBytes),
            formatCount(proxies.descriptors),
            '',
          ],
        ]
      : []),
    [
      brokerNames[broker.kind],
      broker.kind === 'redis' ? formatCount(broker.shards) : '',
      broker.kind === 'redis' ? small(broker.cores) : '',
      formatBytes(broker.memoryBytes / broker.shards),
      '',
      broker.kind === 'redis' ? rate(broker.bytesPerSecond / broker.shards) : '',
    ],
  ]
  return table(['', 'machines', 'busy cores', 'memory each', 'descriptors', 'network each'], rows, terminal)
}

function limitLines(plan: Plan, isWhole: boolean, terminal: Terminal): string[] {
  const shown = isWhole ? plan.limits : plan.limits.slice(0, 4)
  const row = ({ resource, used, target, users }: Limit) => [
    resourceNames[resource],
    percent(used),
    percent(target),
    formatCount(users),
  ]
  return [
    ...(shown.length > 0 ? table(['', 'used', 'planned to', 'users then'], shown.map(row), terminal, 0) : []),
    ...listed([plan.limit], terminal),
  ]
}

function comingBack({ reconnect, nodes, loadBalancer: balancer }: Plan, terminal: Terminal): string[] {
  const { nodeDies, nodeDrains, deployMs } = reconnect
  const all = nodes.count === 1 ? 'A deploy' : `A deploy of all ${formatCount(nodes.count)}, one at a time,`
  const isBalanced = nodes.count > 1
  return listed(
    [
      `A node dies: its ${formatCount(nodeDies.readers)} readers are back within ${formatMs(nodeDies.ms)}. One that is told to end: within ${formatMs(nodeDrains.ms)}. ${all} takes ${formatMs(deployMs)}.`,
      ...(isBalanced
        ? [
            `Hand requests out ${balancer.method === 'round-robin' ? 'in turn' : 'to the node with the fewest connections'}, without sticky sessions; ask ${balancer.readiness.path} each ${formatMs(balancer.readiness.everyMs)}; wait ${formatMs(balancer.readTimeoutMs)} for a byte, and give a node ${formatMs(balancer.stopTimeoutMs)} to end.`,
          ]
        : []),
    ],
    terminal,
  )
}

function settingLines({ settings }: Plan, terminal: Terminal): string[] {
  return settings.flatMap(({ on, name, value, because }) => [
    ...wrap(`${on}  ${name} ${value}`, textColumns(terminal) - 2).map((line, at) =>
      at === 0 ? `${indent}${terminal.paint('cyan', line)}` : `${indent}  ${terminal.paint('cyan', line)}`,
    ),
    ...wrap(because, textColumns(terminal) - 6).map((line) => `${indent}    ${terminal.paint('dim', line)}`),
  ])
}

const fileLines = ({ on, file, text }: Snippet, terminal: Terminal) => [
  '',
  terminal.paint('bold', `# ${on}: ${file}`),
  ...text.split('\n').map((line) => terminal.paint('cyan', line)),
]

function headline({ headline: text, meets }: Plan, terminal: Terminal): string[] {
  return wrap(text, textColumns(terminal)).map((line) =>
    terminal.paint('bold', terminal.paint(meets ? 'green' : 'yellow', line)),
  )
}

/** What is shown beside the plan itself. */
export interface PlanParts {
  /** How each figure came about. */
  readonly isWhole: boolean
  /** What to set, and the files. */
  readonly hasSettings: boolean
}

/** A plan for people. */
export function planLines(plan: Plan, parts: PlanParts, terminal: Terminal): string[] {
  const { isWhole, hasSettings } = parts
  const { explained, assumptions, warnings, assumed, edge, calibration, snippets } = plan
  const section = (title: string, lines: readonly string[]) => titled(title, lines, terminal)
  const texts = (all: readonly { readonly text: string }[]) => [...new Set(all.map(({ text }) => text))]
  const taken = assumed.length === 0 ? [] : [`${texts(assumed).join('; ')}.`]
  const each = explained.map(({ figure, text }) => `${figure}: ${text}`)
  const far = explained.filter(({ figure }) => figure === 'an edge')
  return [
    ...headline(plan, terminal),
    ...section('Who comes', uses(plan, terminal)),
    ...section('What carries them', machines(plan, terminal)),
    ...section('What runs out first', limitLines(plan, isWhole, terminal)),
    ...section('When a node goes', comingBack(plan, terminal)),
    ...section('Far away', edge.regions > 0 && !isWhole ? listed(texts(far), terminal) : []),
    ...section('Know before', listed(texts(warnings), terminal, '!', 'yellow')),
    ...section('How each figure came about', isWhole ? listed(each, terminal) : []),
    ...section('Taken for granted', isWhole ? listed(texts(assumptions), terminal) : []),
    ...section('Taken for what was not said', listed(taken, terminal)),
    ...section('What to set', hasSettings ? settingLines(plan, terminal) : []),
    ...(hasSettings ? snippets.flatMap((snippet) => fileLines(snippet, terminal)) : []),
    ...footnote(
      calibration,
      [isWhole ? [] : '--explain says how.', hasSettings ? [] : '--settings says what to set.']
        .flat()
        .join(' '),
      terminal,
    ),
  ]
}
