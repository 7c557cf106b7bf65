import type { Batch, EndReason, Gap, GapReason, Outcome } from './batch.js'
import { type ChannelName, parseChannelName } from './channel.js'
import type { Cursor } from './cursor.js'
import type { ErrorBody, ErrorCode } from './errors.js'
import { type NewMessage, parseDevice, parseEvent, parseId, parseKey } from './message.js'
import { isJsonObject, parseJson, rawMembers, toOneLine } from './raw-json.js'
import { type Parsed, parsed, refused } from './result.js'

/** A client's own name for a frame; its `ok` or `error` carries it (PROTOCOL §7). */
export type Ref = string | number

/** What a client may send over a WebSocket (PROTOCOL §7). */
export type ClientFrame =
  | SubscribeFrame
  | { readonly type: 'unsubscribe'; readonly ref?: Ref; readonly channel: ChannelName }
  | {
      readonly type: 'publish'
      readonly ref?: Ref
      readonly channel: ChannelName
      readonly message: NewMessage
    }
  | PresenceFrame
  | { readonly type: 'auth'; readonly ref?: Ref; readonly token: string }
  | { readonly type: 'ping'; readonly ref?: Ref }

/** Asks for a channel from a position (PROTOCOL §7). */
export interface SubscribeFrame {
  readonly type: 'subscribe'
  readonly ref?: Ref
  readonly channel: ChannelName
  /** A cursor, `oldest` or `newest`; any other text is answered with `gap unknown` or refused by the server. */
  readonly cursor?: string
  readonly last?: number
  /** Greatest number of messages in one batch, 1 to 1,000. */
  readonly limit?: number
  /** `newest`: after a gap go on from now, not from the oldest. */
  readonly gap?: 'newest'
  /** Greatest number of batches a second; what is left out is counted in `skipped`. */
  readonly maxRate?: number
}

/** Says that a device is there on a channel, and how (PROTOCOL §11). */
export interface PresenceFrame {
  readonly type: 'presence'
  readonly ref?: Ref
  readonly channel: ChannelName
  readonly device: string
  /** The text of the state's JSON; `null` leaves. */
  readonly state: string
}

/** The first answer of a subscription: what became of the position asked for (PROTOCOL §5, §15). */
export interface Open {
  readonly channel: ChannelName
  readonly outcome: Outcome
  /** The position before the first message that follows. */
  readonly cursor: Cursor
  readonly gap?: Gap
  readonly reason?: GapReason
}

/** What a server sends over a WebSocket and, but for `welcome` and `ok`, over NDJSON (PROTOCOL §7, §15). */
export type ServerFrame =
  | {
      readonly type: 'welcome'
      readonly node: string
      readonly heartbeatMs: number
      readonly connection: string
    }
  | ({ readonly type: 'ok'; readonly ref: Ref } & Partial<PublishedFrame>)
  | ({ readonly type: 'error'; readonly ref?: Ref; readonly channel?: ChannelName } & ErrorBody)
  | ({ readonly type: 'open' } & Open)
  | ({ readonly type: 'batch' } & Batch)
  | ({ readonly type: 'gap'; readonly channel: ChannelName } & Gap)
  | { readonly type: 'end'; readonly channel: ChannelName; readonly reason: EndReason }
  | { readonly type: 'auth'; readonly expiresInMs: number }
  | { readonly type: 'heartbeat'; readonly stale?: true }
  | { readonly type: 'reconnect'; readonly afterMs: number }

/** What the `ok` of a publish tells. */
export interface PublishedFrame {
  readonly channel: ChannelName
  readonly cursor: Cursor
  readonly offset: number
  readonly time: number
  readonly replayed?: true
}

/** A frame that could not be read: the refusal and, where one could be found, its `ref`. */
export type ParsedFrame =
  | { readonly ok: true; readonly frame: ClientFrame }
  | {
      readonly ok: false
      readonly code: ErrorCode
      readonly message: string
      readonly ref?: Ref
      /** The text is no JSON object at all: the peer does not speak this protocol. */
      readonly malformed: boolean
    }

/** Whether a value is a rate that can be kept, in batches a second: once in 100 seconds to 1,000 times. */
export function isRate(value: unknown): boolean {
  return typeof value === 'number' && value >= 0.01 && value <= 1000
}

const channelTypes = ['subscribe', 'unsubscribe', 'publish', 'presence'] as const

function isRef(value: unknown): value is Ref {
  return typeof value === 'string' ? value.length <= 64 : Number.isSafeInteger(value)
}

function parseSubscribe(
  fields: Readonly<Record<string, unknown>>,
  channel: ChannelName,
): Parsed<SubscribeFrame> {
  const { cursor, last, limit, gap, maxRate } = fields
  if (cursor !== undefined && typeof cursor !== 'string') {
    return refused('cursor_invalid', 'cursor is a text: a cursor, "oldest" or "newest".')
  }
  for (const [name, value, least] of [
    ['last', last, 0],
    ['limit', limit, 1],
  ] as const) {
    if (value !== undefined && !(Number.isSafeInteger(value) && Number(value) >= least)) {
      return refused('frame_invalid', `${name} is a whole number of at least ${least}.`)
    }
  }
  if (maxRate !== undefined && !isRate(maxRate)) {
    return refused('frame_invalid', 'maxRate is a number of batches a second, from 0.01 to 1,000.')
  }
  if (gap !== undefined && gap !== 'newest') return refused('frame_invalid', 'gap can only be "newest".')
  return parsed({
    type: 'subscribe',
    channel,
    ...(cursor !== undefined && { cursor }),
    ...(last !== undefined && { last: Number(last) }),
    ...(limit !== undefined && { limit: Number(limit) }),
    ...(gap !== undefined && { gap }),
    ...(maxRate !== undefined && { maxRate: Number(maxRate) }),
  })
}

/** Reads `{data, event?, key?, id?}` or `{key, deleted: true}` from the text of a JSON object; used for frames, lines and `/publish` (PROTOCOL §3). */
export function parseNewMessage(
  object: string,
  fields: Readonly<Record<string, unknown>>,
): Parsed<NewMessage> {
  const event = fields['event'] === undefined ? parsed(undefined) : parseEvent(fields['event'])
  if (!event.ok) return event
  const key = fields['key'] === undefined ? parsed(undefined) : parseKey(fields['key'])
  if (!key.ok) return key
  const id = fields['id'] === undefined ? parsed(undefined) : parseId(fields['id'])
  if (!id.ok) return id
  const named = {
    ...(event.value !== undefined && { event: event.value }),
    ...(key.value !== undefined && { key: key.value }),
    ...(id.value !== undefined && { id: id.value }),
  }
  const data = rawMembers(object).get('data')
  if (fields['deleted'] !== undefined) {
    if (fields['deleted'] === true && data === undefined && key.value !== undefined)
      return parsed({ ...named, deleted: true })
    return refused('body_invalid', 'A deletion is {"key": …, "deleted": true} without data.')
  }
  if (data === undefined) return refused('body_invalid', 'A message needs data: {"data": …}.')
  return parsed({ ...named, data: toOneLine(data) })
}

/** A token goes on as `Authorization: Bearer <token>` (RFC 6750 §2.1); longer heads than 16 KiB are refused there too. */
function parseAuth(token: unknown): Parsed<ClientFrame> {
  if (typeof token === 'string' && /^[\x21-\x7e]{1,15000}$/.test(token))
    return parsed({ type: 'auth', token })
  return refused(
    'frame_invalid',
    'token is a text of visible ASCII characters, as of "Authorization: Bearer".',
  )
}

function parsePresence(text: string, device: unknown, channel: ChannelName): Parsed<PresenceFrame> {
  const named = parseDevice(device)
  if (!named.ok) return named
  const state = toOneLine(rawMembers(text).get('state') ?? 'true')
  return parsed({ type: 'presence', channel, device: named.value, state })
}

function parseKnown(text: string, fields: Readonly<Record<string, unknown>>): Parsed<ClientFrame> {
  const type = fields['type']
  if (type === 'ping') return parsed({ type })
  if (type === 'auth') return parseAuth(fields['token'])
  if (!channelTypes.some((one) => one === type)) {
    return refused('frame_invalid', `The frame needs a type: ${channelTypes.join(', ')}, auth or ping.`)
  }
  const channel = parseChannelName(fields['channel'])
  if (!channel.ok) return channel
  if (type === 'subscribe') return parseSubscribe(fields, channel.value)
  if (type === 'unsubscribe') return parsed({ type, channel: channel.value })
  if (type === 'presence') return parsePresence(text, fields['device'], channel.value)
  const message = parseNewMessage(text, fields)
  return message.ok ? parsed({ type: 'publish', channel: channel.value, message: message.value }) : message
}

/** Reads one frame of a client. Total: whatever the text is, it answers (PROTOCOL §7). */
export function parseClientFrame(text: string): ParsedFrame {
  const fields = parseJson(text)
  if (!isJsonObject(fields)) {
    return { ok: false, code: 'frame_invalid', message: 'A frame is one JSON object.', malformed: true }
  }
  const ref = fields['ref']
  if (ref !== undefined && !isRef(ref)) {
    const message = 'ref is a text of at most 64 characters or a whole number.'
    return { ok: false, code: 'frame_invalid', message, malformed: false }
  }
  const named = ref === undefined ? {} : { ref }
  const frame = parseKnown(text, fields)
  if (!frame.ok) return { ...frame, ...named, malformed: false }
  return { ok: true, frame: { ...frame.value, ...named } }
}
