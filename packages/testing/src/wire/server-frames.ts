import type { Batch, Cursor } from '@gamut/protocol'
import { cursorAfter, readMessages } from './read-message.js'
import type { OpenEvent, ReaderEvent } from './reader-event.js'
import { toErrorEvent } from './wire-error.js'

/** The event of an `open`, an `$open` or one answer's beginning. */
export function toOpenEvent(fields: Omit<OpenEvent, 'kind'>): OpenEvent {
  const { channel, outcome, cursor, gap, reason } = fields
  return {
    kind: 'open',
    channel,
    outcome,
    ...(cursor && { cursor }),
    ...(gap && { gap }),
    ...(reason && { reason }),
  }
}

/** The events of one batch: what was left out, each message, then where the snapshot and the batch end. */
export function* batchEvents(
  batch: Pick<Batch, 'cursor' | 'skipped' | 'snapshotEnd'> & {
    readonly channel: string
    readonly after?: Cursor
  },
  basis: Cursor,
  text: string,
): Generator<ReaderEvent> {
  const { channel, after, cursor, skipped, snapshotEnd } = batch
  if (skipped) yield { kind: 'skipped', channel, skipped }
  const messages = readMessages(text)
  for (const message of messages) {
    yield { kind: 'message', channel, message, cursor: cursorAfter(basis, message) }
  }
  if (snapshotEnd) yield { kind: 'snapshot-end', channel, cursor }
  yield { kind: 'batch', channel, ...(after && { after }), cursor, count: messages.length }
}

/** The events of one server frame (PROTOCOL §7). Throws on a text that is none. */
export function* frameEvents(text: string): Generator<ReaderEvent> {
  const { type, ...fields } = JSON.parse(text)
  switch (type) {
    case 'open':
      yield toOpenEvent(fields)
      return
    case 'batch':
      yield* batchEvents(fields, fields.after, text)
      return
    case 'error':
      yield toErrorEvent(fields)
      return
    case 'heartbeat':
      yield { kind: 'heartbeat', stale: fields.stale === true }
      return
    case 'gap':
    case 'end':
    case 'reconnect':
    case 'auth':
    case 'welcome':
    case 'ok':
      yield { kind: type, ...fields }
      return
    default:
      throw new Error(`Not a frame of a server: ${text.slice(0, 200)}`)
  }
}
