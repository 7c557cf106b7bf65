import type { Evidence, Explanation, Reader, ReaderExplained, TraceState, Verdict } from '@gamut/server'
import { cutTo, escapeControls, type Style, type Terminal } from './terminal.js'
import { wrap } from './wrap.js'

/** Lines are no longer than this, however wide the terminal: longer ones are hard to read. */
const mostColumns = 100
const indent = '  '

const styles: Partial<Record<Verdict, Style>> = {
  delivered: 'green',
  published: 'green',
  conflated: 'cyan',
  skipped: 'cyan',
  not_asked: 'cyan',
  passed: 'cyan',
  queued: 'yellow',
  mute: 'yellow',
  gone: 'yellow',
  publish_unknown: 'yellow',
}

function paintVerdict(verdict: Verdict, terminal: Terminal, text: string = verdict): string {
  return terminal.paint(styles[verdict] ?? 'red', text)
}

/** The time of day of this machine; with the date where it is not today's. */
function formatTime(at: number): string {
  const date = new Date(at)
  const pad = (value: number, digits = 2) => String(value).padStart(digits, '0')
  const time = `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}.${pad(date.getMilliseconds(), 3)}`
  const isToday = date.toDateString() === new Date().toDateString()
  return isToday ? time : `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())} ${time}`
}

function columnsOf({ columns = mostColumns }: Terminal): number {
  return Math.max(40, Math.min(columns, mostColumns))
}

/** A text under a first piece, its further lines as far in as its first. */
function hang(first: string, text: string, columns: number, paint: (first: string) => string): string[] {
  return wrap(text, columns - first.length).map(
    (line, index) => `${index === 0 ? paint(first) : ' '.repeat(first.length)}${line}`,
  )
}

function evidenceLines(evidence: readonly Evidence[], terminal: Terminal): string[] {
  return evidence.flatMap(({ at, says }) =>
    hang(`${indent}${formatTime(at)}  `, escapeControls(says), columnsOf(terminal), (first) =>
      terminal.paint('dim', first),
    ),
  )
}

function nameReader({ id, transport, identity, address }: Reader): string {
  const by = id === '' ? [] : [`connection ${id}`]
  return escapeControls(
    [transport, identity ?? 'nobody known', ...(address ? [address] : []), ...by].join(' · '),
  )
}

function readerLines(readers: readonly ReaderExplained[], terminal: Terminal): string[] {
  const width = Math.max(...readers.map(({ verdict }) => verdict.length))
  const room = columnsOf(terminal) - width - indent.length - 2
  return readers.map(
    ({ verdict, reader }) =>
      `${indent}${paintVerdict(verdict, terminal, verdict.padEnd(width))}  ${cutTo(nameReader(reader), room)}`,
  )
}

function messageLine({ channel, message }: Explanation, terminal: Terminal): string {
  const { asked, offset, id, key } = message
  const parts = [
    `message ${offset ?? asked}`,
    ...(key === undefined ? [] : [`key ${key}`]),
    ...(id === undefined ? [] : [`id ${id}`]),
  ]
  return `${terminal.paint('bold', escapeControls(channel))} · ${escapeControls(parts.join(' · '))}`
}

function audienceLines({ audience, readers }: Explanation, terminal: Terminal): string[] {
  const counts = Object.entries(audience) as [Verdict, number][]
  if (counts.length === 0) return []
  const total = counts.reduce((sum, [, count]) => sum + count, 0)
  const summary = counts.map(([verdict, count]) => `${count} ${paintVerdict(verdict, terminal)}`).join(', ')
  const more = total - readers.length
  return [
    '',
    `${terminal.paint('bold', `${total} ${total === 1 ? 'reader' : 'readers'}`)}: ${summary}`,
    ...readerLines(readers, terminal),
    ...(more > 0 ? [`${indent}and ${more} more`] : []),
  ]
}

/** What became of a message, for people. */
export function explanationLines(explanation: Explanation, terminal: Terminal): string[] {
  const { verdict, says, todo, evidence, reader, readers, tracedSince } = explanation
  const columns = columnsOf(terminal)
  const [first] = readers
  const isFirst = reader !== undefined && first?.verdict === verdict
  return [
    messageLine(explanation, terminal),
    ...(isFirst ? [`for ${cutTo(nameReader(first.reader), columns - 4)}`] : []),
    '',
    ...hang(`${verdict}  `, escapeControls(says), columns, (first) => paintVerdict(verdict, terminal, first)),
    ...hang(`${' '.repeat(verdict.length)}  → `, todo, columns, (first) => terminal.paint('dim', first)),
    ...(evidence.length > 0 ? ['', ...evidenceLines(evidence, terminal)] : []),
    ...(isFirst && readers.length === 1 ? [] : audienceLines(explanation, terminal)),
    '',
    terminal.paint(
      'dim',
      tracedSince === undefined ? 'not traced now' : `traced without a hole since ${formatTime(tracedSince)}`,
    ),
  ]
}

/** What is traced, for people. */
export function traceLines({ channels, events, bytes, maxBytes }: TraceState, terminal: Terminal): string[] {
  const kept = `${events} events, ${bytes} of ${maxBytes} bytes`
  if (channels.length === 0) return [`Nothing is traced now; ${kept} are kept.`]
  return channels.map(({ channel, leftMs }) => {
    const until = leftMs === undefined ? 'until the server ends' : `for ${Math.ceil(leftMs / 1000)} s more`
    return `${terminal.paint('bold', escapeControls(channel))} is traced ${until}; ${kept} are kept.`
  })
}
