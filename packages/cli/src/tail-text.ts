import type { EndReason, Gap, GapReason, TransportName } from '@gamut/protocol'
import type { FollowerEvent, ReaderEventOf, ReadMessage } from '@gamut/testing'
import { formatMs } from './format-ms.js'
import { cutTo, escapeControls, type Style, type Terminal } from './terminal.js'

/** What a gap's reason means for whoever reads. */
const gapWords: Readonly<Record<GapReason, string>> = {
  epoch: 'the log was lost or reset',
  expired: 'retention took messages before they were read',
  diverged: 'the log went back and was written anew',
  slow: 'this reader fell behind the retention',
  unknown: 'the position asked for is none of this channel',
}

const endWords: Readonly<Record<EndReason, string>> = {
  closed: 'the channel is closed for good',
  auth: 'the token has ended',
  revoked: 'the right to read was taken back',
  slow: 'this reader was too slow',
  drain: 'the server ends',
}

type Closed = ReaderEventOf<'closed'>

const lossWords: Readonly<Record<Closed['how'], string>> = {
  complete: 'the server ended the connection',
  cut: 'the connection broke off',
  reset: 'the connection was reset',
  refused: 'nobody listens there',
  local: 'left',
  malformed: 'what came was not HTTP',
}

const transportStyles: Readonly<Record<TransportName, Style>> = {
  poll: 'blue',
  'long-poll': 'cyan',
  sse: 'green',
  ndjson: 'yellow',
  websocket: 'magenta',
}

/** Turns the events of one reader into lines. */
export interface TailText {
  /** The lines of an event; none for what only keeps the reading going. */
  lines(event: FollowerEvent): readonly string[]
}

/** How lines look. */
export interface TailTextOptions {
  readonly terminal: Terminal
  readonly transport: TransportName
  /** Columns of the transports' names. */
  readonly labelWidth: number
  /** Columns of the channels' names; 0 shows none. */
  readonly channelWidth: number
  /** Whether long messages are shown whole on a terminal too. */
  readonly full: boolean
  readonly now: () => Date
}

function clockOf(date: Date): string {
  const two = (value: number) => String(value).padStart(2, '0')
  const ms = String(date.getMilliseconds()).padStart(3, '0')
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${ms}`
}

function messageText({ offset, event, key, id, data, deleted }: ReadMessage): string {
  const fields = [
    `#${offset}`,
    event !== undefined && `event=${event}`,
    key !== undefined && `key=${key}`,
    id !== undefined && `id=${id}`,
    deleted ? 'deleted' : data,
  ]
  return escapeControls(fields.filter((field) => typeof field === 'string').join('  '))
}

function gapText({ reason, cursor }: Pick<Gap, 'reason' | 'cursor'>): string {
  return `gap ${reason}: ${gapWords[reason]}, reading goes on at ${cursor}`
}

/** What a line says and how it is styled. */
interface Says {
  readonly text: string
  readonly style?: Style
  readonly channel?: string
}

class ReaderText implements TailText {
  readonly #options: TailTextOptions
  #goneSince: number | undefined
  /** Set by the server's word before the connection ends. */
  #sentAway = false
  #lastLoss = ''
  readonly #head: string

  constructor(options: TailTextOptions) {
    this.#options = options
    const { terminal, transport, labelWidth } = options
    this.#head = terminal.paint(transportStyles[transport], transport.padEnd(labelWidth))
  }

  lines(event: FollowerEvent): readonly string[] {
    const says = this.#says(event)
    return says ? [this.#line(says)] : []
  }

  #line({ text, style, channel = '' }: Says): string {
    const { terminal, labelWidth, channelWidth, full, now } = this.#options
    const time = clockOf(now())
    const name = channelWidth > 0 ? `${channel.padEnd(channelWidth)}  ` : ''
    const room = (terminal.columns ?? 0) - time.length - labelWidth - name.length - 4
    const isCut = !full && style === undefined && terminal.columns !== undefined
    const body = isCut ? cutTo(text, Math.max(room, 20)) : text
    return `${terminal.paint('dim', time)}  ${this.#head}  ${name}${style ? terminal.paint(style, body) : body}`
  }

  #says(event: FollowerEvent): Says | undefined {
    switch (event.kind) {
      case 'message':
        return { text: messageText(event.message), channel: event.channel }
      case 'open':
        return this.#opened(event)
      case 'gap':
        return { text: gapText(event), style: 'red', channel: event.channel }
      case 'skipped':
        return {
          text: `skipped ${event.skipped} that newer ones replace`,
          style: 'dim',
          channel: event.channel,
        }
      case 'end':
        return {
          text: `end ${event.reason}: ${endWords[event.reason]}`,
          style: 'yellow',
          channel: event.channel,
        }
      case 'error':
        return {
          text: escapeControls(`${event.code}: ${event.message}`),
          style: 'red',
          channel: event.channel ?? '',
        }
      case 'reconnect':
        this.#sentAway = true
        return undefined
      case 'waiting':
        return this.#waiting(event)
      default:
        return undefined
    }
  }

  /** Tells each cause once, and not each try: a server may be away for long. */
  #waiting({ afterMs, because }: Extract<FollowerEvent, { kind: 'waiting' }>): Says | undefined {
    const isFirst = this.#goneSince === undefined
    this.#goneSince ??= this.#options.now().getTime()
    const why = this.#sentAway ? 'the server sent this reader away' : lossWords[because.how]
    const isKnown = why === this.#lastLoss
    this.#sentAway = false
    this.#lastLoss = why
    if (isKnown) return undefined
    if (!isFirst) return { text: `${why}, still trying`, style: 'dim' }
    return { text: `cut: ${why}, trying again in ${formatMs(Math.max(afterMs, 1))}`, style: 'yellow' }
  }

  #opened({ channel, outcome, cursor, gap, reason }: ReaderEventOf<'open'>): Says {
    const { now } = this.#options
    const away =
      this.#goneSince === undefined ? '' : `back after ${formatMs(now().getTime() - this.#goneSince)}: `
    this.#goneSince = undefined
    this.#lastLoss = ''
    const at = cursor === undefined ? '' : ` at ${cursor}`
    if (gap) return { text: `${away}${gapText(gap)}`, style: 'red', channel }
    if (outcome === 'snapshot') {
      const why = reason ? ` (${reason}: ${gapWords[reason]})` : ''
      return {
        text: `${away}snapshot: the newest of each key follows${why}`,
        style: reason ? 'red' : 'green',
        channel,
      }
    }
    const what = outcome === 'resumed' ? `resumed${at}, nothing is missing` : `live${at}`
    return { text: `${away}${what}`, style: 'green', channel }
  }
}

/** Creates the text of one reader. */
export function createTailText(options: TailTextOptions): TailText {
  return new ReaderText(options)
}
