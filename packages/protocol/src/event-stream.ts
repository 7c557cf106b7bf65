import { cursorOf } from './batch.js'
import { type BatchHead, type Codec, frameCodec } from './codec.js'
import { formatMessage, type StoredMessage } from './message.js'

/** How one reader wants its events (PROTOCOL §6). */
export interface EventStreamFormat {
  /** Several channels: each event names its channel and cursor, and `$at` carries the position of all. */
  readonly several: boolean
  /** The whole message as `data`, not only its data. */
  readonly envelope: boolean
  /** A string's own text as `data`, line by line. */
  readonly raw: boolean
}

interface EventFields {
  readonly id?: string
  readonly event?: string
  readonly retry?: number
  readonly data: string
}

/** One event (WHATWG HTML, server-sent events). `data` must be one line; `id` and `event` hold no control characters. */
function formatEvent({ id, event, retry, data }: EventFields): string {
  let text = retry === undefined ? '' : `retry: ${retry}\n`
  if (event !== undefined) text += `event: ${event}\n`
  if (id !== undefined) text += `id: ${id}\n`
  return `${text}data: ${data}\n\n`
}

/** A comment that fills a proxy's buffer so that what stands behind it leaves at once (PROTOCOL §6). */
export function formatPadding(bytes: number): string {
  return `:${' '.repeat(bytes - 3)}\n\n`
}

/** Where a reader of several channels stands, after each write (PROTOCOL §6). A block with only an id is dropped by some parsers. */
export function formatSetPosition(position: string): string {
  return formatEvent({ event: '$at', id: position, data: '1' })
}

/** A string's own text, each of its lines as a `data:` line; other JSON as it is. */
function rawData(json: string): string {
  const value: unknown = json.startsWith('"') ? JSON.parse(json) : json
  return String(value)
    .split(/\r\n|\r|\n/)
    .join('\ndata: ')
}

function entryData(
  { several, envelope, raw }: EventStreamFormat,
  head: Pick<BatchHead, 'channel' | 'after'>,
  message: StoredMessage,
): string {
  if (several) {
    return `{"channel":"${head.channel}","cursor":"${cursorOf(head, message)}",${formatMessage(message).slice(1)}`
  }
  if (envelope) return formatMessage(message)
  const data = message.data ?? 'null'
  return raw ? rawData(data) : data
}

/** Server-Sent Events: the codec of the SSE transport (PROTOCOL §6). */
export function eventCodec(format: EventStreamFormat): Codec {
  const { several } = format
  // Events of several channels hold whole messages anyway, the same bytes for every reader.
  const flags = several ? ['+several'] : [format.envelope ? '+envelope' : '', format.raw ? '+raw' : '']
  const own = (event: string, data: object, id?: string) =>
    formatEvent({ event, ...(id !== undefined && !several && { id }), data: JSON.stringify(data) })
  return {
    name: `events${flags.join('')}`,
    separator: '',
    before: ({ channel, skipped }) => (skipped ? own('$skipped', { channel, skipped }) : ''),
    entry: (head, message) =>
      formatEvent({
        ...(!several && { id: cursorOf(head, message) }),
        ...(message.event !== undefined && { event: message.event }),
        data: entryData(format, head, message),
      }),
    after: ({ channel, cursor, snapshotEnd }) =>
      snapshotEnd ? own('$snapshotEnd', { channel, cursor }, cursor) : '',
    open: ({ opens, position, retryMs }) =>
      formatEvent({
        event: '$open',
        id: position,
        retry: retryMs,
        data: JSON.stringify(several ? { channels: opens } : opens[0]),
      }),
    gap: (channel, gap) => own('$gap', { channel, ...gap }, gap.cursor),
    end: (channel, reason) => own('$end', { channel, reason }),
    error: (error, channel) => own('$error', { ...(channel && { channel }), ...error }),
    auth: (expiresInMs) => own('$auth', { expiresInMs }),
    heartbeat: (stale) => own('$heartbeat', stale ? { stale } : {}),
    reconnect: (afterMs) =>
      formatEvent({ event: '$reconnect', retry: afterMs, data: JSON.stringify({ afterMs }) }),
  }
}

/** Frames, one a line, as events that have nothing but data. */
const toEvents = (frames: string) => frames.replace(/[^\n]+/g, 'data: $&\n')

/** The frames of a WebSocket or of NDJSON, each the data of one event (PROTOCOL §6): for whoever reads no ids. */
export const eventFrameCodec: Codec = {
  ...frameCodec,
  name: 'event frames',
  before: (head) => `data: ${frameCodec.before(head)}`,
  after: (head) => `${frameCodec.after(head)}\n`,
  open: (opening) => toEvents(frameCodec.open(opening)),
  gap: (channel, gap) => toEvents(frameCodec.gap(channel, gap)),
  end: (channel, reason) => toEvents(frameCodec.end(channel, reason)),
  error: (error, channel) => toEvents(frameCodec.error(error, channel)),
  auth: (expiresInMs) => toEvents(frameCodec.auth(expiresInMs)),
  heartbeat: (stale) => toEvents(frameCodec.heartbeat(stale)),
  reconnect: (afterMs) => toEvents(frameCodec.reconnect(afterMs)),
}
