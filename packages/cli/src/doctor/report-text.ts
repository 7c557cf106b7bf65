import { transports } from '@gamut/protocol'
import { escapeControls, type Style, type Terminal } from '../terminal.js'
import { wrap } from '../wrap.js'
import type { Examination, ReportedFinding } from './examine.js'
import { type Severity, severities } from './finding.js'
import { frontNames } from './settings.js'

/** Lines are no longer than this, however wide the terminal: longer ones are hard to read. */
const mostColumns = 110
const severityStyles: Readonly<Record<Severity, Style>> = {
  ok: 'green',
  note: 'cyan',
  warning: 'yellow',
  fault: 'red',
}
const severityWidth = 'warning'.length + 2
const checkWidth = 'compression'.length + 2
/** Below this there is no room for names beside the text. */
const narrowColumns = 70

function columnsOf({ columns = mostColumns }: Terminal): number {
  return Math.max(40, Math.min(columns, mostColumns))
}

/** Lines of a text under a gutter, its first piece in front of the first. */
function hang(first: string, gutter: number, text: string, columns: number): string[] {
  return wrap(escapeControls(text), columns - gutter).map(
    (line, index) => `${index === 0 ? first.padEnd(gutter) : ' '.repeat(gutter)}${line}`,
  )
}

/** The columns of a finding: where its text begins, and where names stand that are before it. */
interface Layout {
  readonly columns: number
  readonly isNarrow: boolean
  readonly gutter: number
}

function layoutOf(terminal: Terminal): Layout {
  const columns = columnsOf(terminal)
  const isNarrow = columns < narrowColumns
  return { columns, isNarrow, gutter: isNarrow ? 2 : severityWidth + checkWidth }
}

/** Lines of what to do, the name of where under the name of the check, or above the text where there is no room. */
function doLines(name: string, text: string, { columns, isNarrow, gutter }: Layout): string[] {
  if (!isNarrow) return hang(`${' '.repeat(severityWidth)}→ ${name}`, gutter, text, columns)
  const inner = gutter + 2
  const arrow = `${' '.repeat(gutter)}→ `
  return name === '' ? hang(arrow, inner, text, columns) : [arrow + name, ...hang('', inner, text, columns)]
}

/** What to set, in the servers in front first; the others dimmed where some are known. */
function settingLines(finding: ReportedFinding, shown: number, layout: Layout, terminal: Terminal) {
  return finding.settings.flatMap(({ server, setting }, index) => {
    const lines = doLines(frontNames[server], setting, layout)
    return shown > 0 && index >= shown ? lines.map((line) => terminal.paint('dim', line)) : lines
  })
}

/** The lines of one finding. `told` holds the problems and meanings that stand above already. */
function findingLines(
  finding: ReportedFinding,
  { front }: Examination,
  told: Set<string>,
  terminal: Terminal,
): string[] {
  const { severity, check, says, means, todo, problem } = finding
  const layout = layoutOf(terminal)
  const { columns, isNarrow, gutter } = layout
  const label = `${severity.padEnd(severityWidth)}${check.padEnd(checkWidth)}`
  const painted = `${terminal.paint(severityStyles[severity], severity.padEnd(severityWidth))}${check.padEnd(checkWidth)}`
  const [first = '', ...rest] = hang(isNarrow ? '' : label, gutter, says, columns)
  const head = isNarrow ? [painted.trimEnd(), first] : [first.replace(label, () => painted)]
  const isTold = problem !== undefined && told.has(problem)
  const isMeantAbove = means !== undefined && told.has(means)
  for (const one of [problem, means]) if (one !== undefined) told.add(one)
  return [
    ...head,
    ...rest,
    ...(means && !isMeantAbove ? hang('', gutter, means, columns) : []),
    ...(todo ? doLines('', todo, layout) : []),
    ...(isTold
      ? doLines('', 'The same setting as above.', layout)
      : settingLines(finding, front.names.length, layout, terminal)),
  ]
}

function headLines({ url, channel, published, front, plainMs }: Examination, terminal: Terminal): string[] {
  const shown = [front.server, front.via && `via ${front.via}`].filter((one) => one !== undefined)
  const hidden = front.isProxied
    ? 'behind a proxy that does not name itself, as HAProxy does not'
    : 'no proxy shows itself'
  const behind = shown.length > 0 ? `behind ${shown.join(', ')}` : hidden
  const channelText = `channel ${channel} (read${published ? ' and published' : ''})`
  const columns = columnsOf(terminal)
  return [
    terminal.paint('bold', url),
    ...wrap(escapeControls(`${channelText} · ${behind} · a plain request takes ${plainMs} ms`), columns),
  ]
}

/** The worst of each pattern, on one line where there is room. */
function patternLines({ patterns }: Examination, terminal: Terminal): string[] {
  const plain = transports.map((name) => `${name} ${patterns[name]}`).join(' · ')
  const painted = transports.map(
    (name) => `${name} ${terminal.paint(severityStyles[patterns[name]], patterns[name])}`,
  )
  return plain.length > columnsOf(terminal) ? painted : [painted.join(' · ')]
}

function countText({ counts }: Examination, terminal: Terminal): string {
  return [...severities]
    .reverse()
    .filter((severity) => counts[severity] > 0)
    .map((severity) => {
      const plural = severity === 'ok' || counts[severity] === 1 ? '' : 's'
      return terminal.paint(severityStyles[severity], `${counts[severity]} ${severity}${plural}`)
    })
    .join(', ')
}

/** What was found, for people: the worst first, each pattern's state and the sums at the end. */
export function examinationLines(examination: Examination, terminal: Terminal): string[] {
  const told = new Set<string>()
  const blocks = examination.findings.map((finding) => ({
    isOk: finding.severity === 'ok',
    lines: findingLines(finding, examination, told, terminal),
  }))
  return [
    ...headLines(examination, terminal),
    '',
    ...blocks.flatMap(({ isOk, lines }, index) => {
      // What needs doing stands apart; what is well stands together.
      const isLast = index === blocks.length - 1
      return isOk || isLast ? lines : [...lines, '']
    }),
    '',
    ...patternLines(examination, terminal),
    countText(examination, terminal),
  ]
}
