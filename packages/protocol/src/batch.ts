import type { ChannelName } from './channel.js'
import { type Cursor, formatCursor, parseCursor } from './cursor.js'
import { formatMessage, type StoredMessage } from './message.js'

/** Messages of one channel in order, with the cursor that they follow and the one after the last (PROTOCOL §1). */
export interface Batch {
  readonly channel: ChannelName
  readonly after: Cursor
  readonly cursor: Cursor
  readonly messages: readonly StoredMessage[]
  /** How many messages were left out by conflation or `maxRate`. */
  readonly skipped?: number
  /** The last page of a snapshot. */
  readonly snapshotEnd?: true
}

/** Why messages will not come (PROTOCOL §5). */
export type GapReason = 'expired' | 'epoch' | 'diverged' | 'slow' | 'unknown'

/** The server's statement that messages between two points will not come (PROTOCOL §5). */
export interface Gap {
  readonly reason: GapReason
  /** The position that was asked for or held, as it was given; not always a cursor. */
  readonly after: string
  /** Where reading goes on. */
  readonly cursor: Cursor
}

/** What became of the position asked for (PROTOCOL §5). */
export type Outcome = 'live' | 'resumed' | 'snapshot' | 'gap'

/** Why a subscription ended (PROTOCOL §15). */
export type EndReason = 'closed' | 'auth' | 'revoked' | 'slow' | 'drain'

/** The cursor after one message of a batch: inside a snapshot it keeps the head and says how far the map was read (PROTOCOL §5). */
export function cursorOf(batch: Pick<Batch, 'after'>, message: StoredMessage): Cursor {
  const after = parseCursor(batch.after)
  if (after?.at !== undefined) return formatCursor({ ...after, at: message.offset })
  return formatCursor({ epoch: after?.epoch ?? '0', offset: message.offset, tag: message.tag })
}

/** What a poll or long-poll of one channel answers (PROTOCOL §15), without its messages. */
export interface AnswerHead {
  readonly channel: ChannelName
  readonly outcome: Outcome
  readonly gap?: Gap
  /** Why a snapshot was given to a reader that came with a cursor. */
  readonly reason?: GapReason
  readonly cursor: Cursor
  /** Whether more can be read at once. */
  readonly more: boolean
  readonly closed: boolean
  readonly pollAfterMs: number
  readonly skipped?: number
  readonly snapshotEnd?: true
  /** A computed channel's source is failing: the messages are the last good ones. */
  readonly error?: object
}

/** One channel's answer as JSON text (PROTOCOL §15); `messages` is the inside of the array, already encoded. */
export function formatAnswer(head: AnswerHead, messages: string): string {
  const { channel, outcome, gap, reason, ...rest } = head
  const before = JSON.stringify({ channel, outcome, gap, reason })
  return `${before.slice(0, -1)},"messages":[${messages}],${JSON.stringify(rest).slice(1)}`
}

/** The inside of a `messages` array as JSON text. */
export function formatMessages(messages: readonly StoredMessage[]): string {
  return messages.map(formatMessage).join(',')
}
