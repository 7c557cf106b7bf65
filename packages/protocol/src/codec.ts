import type { Batch, EndReason, Gap } from './batch.js'
import type { ChannelName } from './channel.js'
import type { ErrorBody } from './errors.js'
import type { Open, ServerFrame } from './frame.js'
import { formatMessage, type StoredMessage } from './message.js'

/** A batch without its messages: what frames them. */
export type BatchHead = Omit<Batch, 'messages'>

/** The first item of a connection: what became of each channel's position. */
export interface Opening {
  readonly opens: readonly Open[]
  /** The position of all of them as one text: a cursor, or a set cursor where several channels are read. */
  readonly position: string
  /** When a reader that is cut off shall come back, in milliseconds. */
  readonly retryMs: number
}

/**
 * How items become text. Entries are encoded once per batch and joined with `separator` between a `before` and an
 * `after`, so any run of entries, from any batches of one channel, is framed anew without being encoded again.
 */
export interface Codec {
  /** Tells codecs apart wherever encoded bytes are kept: equal names mean equal bytes. */
  readonly name: string
  readonly separator: string
  before(head: BatchHead): string
  entry(head: Pick<BatchHead, 'channel' | 'after'>, message: StoredMessage): string
  after(head: BatchHead): string
  open(opening: Opening): string
  gap(channel: ChannelName, gap: Gap): string
  end(channel: ChannelName, reason: EndReason): string
  error(error: ErrorBody, channel?: ChannelName): string
  /** Who reads is known for so long only. */
  auth(expiresInMs: number): string
  heartbeat(stale: boolean): string
  reconnect(afterMs: number): string
}

/** One server frame as a line; a WebSocket message may end with the line feed too (PROTOCOL §7). */
export function formatFrame(frame: Exclude<ServerFrame, { type: 'batch' }>): string {
  return `${JSON.stringify(frame)}\n`
}

/** JSON frames, one a line: the codec of WebSocket and NDJSON (PROTOCOL §7, §15). */
export const frameCodec: Codec = {
  name: 'frames',
  separator: ',',
  before: ({ channel, after, cursor }) =>
    `{"type":"batch","channel":"${channel}","after":"${after}","cursor":"${cursor}","messages":[`,
  entry: (_head, message) => formatMessage(message),
  after: ({ skipped, snapshotEnd }) =>
    `]${skipped ? `,"skipped":${skipped}` : ''}${snapshotEnd ? ',"snapshotEnd":true' : ''}}\n`,
  open: ({ opens }) => opens.map((open) => formatFrame({ type: 'open', ...open })).join(''),
  gap: (channel, gap) => formatFrame({ type: 'gap', channel, ...gap }),
  end: (channel, reason) => formatFrame({ type: 'end', channel, reason }),
  error: (error, channel) => formatFrame({ type: 'error', ...(channel && { channel }), ...error }),
  auth: (expiresInMs) => formatFrame({ type: 'auth', expiresInMs }),
  heartbeat: (stale) => formatFrame(stale ? { type: 'heartbeat', stale } : { type: 'heartbeat' }),
  reconnect: (afterMs) => formatFrame({ type: 'reconnect', afterMs }),
}
