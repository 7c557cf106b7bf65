import { type Parsed, parsed, refused } from './result.js'

/** What an application publishes: `data` is already JSON text, kept byte for byte (PROTOCOL §3). */
export interface NewMessage {
  /** One JSON value as text, without CR or LF. Absent exactly when `deleted`. */
  readonly data?: string
  readonly event?: string
  readonly key?: string
  /** The publisher's own id of the message: makes its publish idempotent and is shown to readers. */
  readonly id?: string
  /** Removes `key` from a keyed channel. */
  readonly deleted?: true
}

/** One entry of a channel's log (PROTOCOL §1). */
export interface StoredMessage extends NewMessage {
  /** Rises along the channel, may jump; below 2^53. */
  readonly offset: number
  /** Milliseconds since 1970, by the server's clock. */
  readonly time: number
  /** Random text of this entry; `0` where the broker's log cannot go back. */
  readonly tag: string
}

/** Longest `event`, `key` and `id` in characters: they travel with every message and become headers of an event. */
export const maxFieldLength = 255

// Lone surrogates too: UTF-8 has none, so two keys that differ only in one would become the same on the wire or in a store.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const control = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\p{Surrogate}]/u
const reservedEvents = new Set(['error', 'open'])

function isField(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= maxFieldLength && !control.test(value)
}

/** Checks an event's name; `error`, `open`, `$…` control characters and lone surrogates are refused with `event_invalid` (PROTOCOL §3). */
export function parseEvent(value: unknown): Parsed<string> {
  if (isField(value) && !value.startsWith('$') && !reservedEvents.has(value)) return parsed(value)
  return refused(
    'event_invalid',
    'An event is a text of 1 to 255 characters, without control characters or lone surrogates, not "error" or "open", and does not begin with "$".',
  )
}

/** Checks a key (PROTOCOL §1); refused with `key_invalid`. */
export function parseKey(value: unknown): Parsed<string> {
  if (isField(value)) return parsed(value)
  return refused(
    'key_invalid',
    'A key is a text of 1 to 255 characters without control characters or lone surrogates.',
  )
}

/** Checks the name of a device that is there; refused with `key_invalid`, as it is a part of a key (PROTOCOL §11). */
export function parseDevice(value: unknown): Parsed<string> {
  if (isField(value) && value.length <= 64 && !value.includes('/')) return parsed(value)
  return refused(
    'key_invalid',
    'A device is a text of 1 to 64 characters without "/", control characters or lone surrogates.',
  )
}

/** Checks a message's id or an Idempotency-Key (PROTOCOL §3); refused with `body_invalid`. */
export function parseId(value: unknown): Parsed<string> {
  if (isField(value)) return parsed(value)
  return refused(
    'body_invalid',
    'An id or Idempotency-Key is a text of 1 to 255 characters without control characters or lone surrogates.',
  )
}

/** One message as JSON text (PROTOCOL §15). The stored data goes in byte for byte. */
export function formatMessage(message: StoredMessage): string {
  let text = `{"offset":${message.offset},"time":${message.time}`
  if (message.tag !== '0') text += `,"tag":"${message.tag}"`
  if (message.event !== undefined) text += `,"event":${JSON.stringify(message.event)}`
  if (message.key !== undefined) text += `,"key":${JSON.stringify(message.key)}`
  if (message.id !== undefined) text += `,"id":${JSON.stringify(message.id)}`
  return message.deleted ? `${text},"deleted":true}` : `${text},"data":${message.data}}`
}

const encoder = new TextEncoder()
/** Where texts are written to be measured: most are short, and take no memory of their own then. */
const scratch = new Uint8Array(3 * 1024)

/** A message's size as retention and limits count it: data, event, key and id as UTF-8 bytes (PROTOCOL §3). */
export function messageBytes({ data = '', event = '', key = '', id = '' }: NewMessage): number {
  const text = data + event + key + id
  // A character of JavaScript is at most three bytes of UTF-8.
  if (text.length * 3 > scratch.length) return encoder.encode(text).length
  return encoder.encodeInto(text, scratch).written
}
