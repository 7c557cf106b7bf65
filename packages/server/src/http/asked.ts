import {
  accepts,
  type ChannelName,
  defaultWaitSeconds,
  isCursor,
  isRate,
  maxWaitSeconds,
  mediaTypes,
  parseDevice,
  parseEntityTags,
  parseJson,
  parsePreferWait,
  parseSetCursor,
  type TransportName,
  toOneLine,
  transports,
} from '@gamut/protocol'
import { nobody } from '../core/access/caller.js'
import { GamutError } from '../error.js'
import { take } from '../take.js'
import { toPosition } from '../transports/position.js'
import type { ChannelRead, ReadRequest } from '../transports/transport.js'
import type { Call } from './call.js'
import { asNamed } from './named.js'
import { isProxied } from './proxied.js'
import { isFlagSet, oneOf, type Query, wholeNumber } from './query.js'
import type { HttpRequest } from './request.js'

/** Messages of one batch where a reader does not say, and at most (PROTOCOL §4). */
const defaultLimit = 100
const maxLimit = 1000

/** What a read asks for: its channels, and whether it names them as a set. */
export interface ReadTarget {
  readonly channels: readonly ChannelName[]
  readonly several: boolean
}

/** How a request asks to read. */
export interface Asked {
  readonly transport: TransportName
  readonly isExplicit: boolean
  readonly waitMs: number
  readonly isPreferred: boolean
  /** Its events are to be frames (PROTOCOL §6). */
  readonly isFramed: boolean
}

/** Which transport a request asks for. Precedence: `as`, `Upgrade`, `wait` and `Prefer`, `Accept` (PROTOCOL §4). */
export function askedTransport({ request, target: { query } }: Pick<Call, 'request' | 'target'>): Asked {
  const as = oneOf(query, 'as', transports)
  const wait = wholeNumber(query, 'wait', 0, Number.MAX_SAFE_INTEGER)
  const prefer = wait === undefined ? request.header('prefer') : undefined
  const preferred = prefer === undefined ? undefined : parsePreferWait(prefer)
  const seconds = Math.min(wait ?? preferred ?? defaultWaitSeconds, maxWaitSeconds)
  const isFramed = isFlagSet(query, 'frames') ?? false
  const isPreferred = preferred !== undefined
  const base = { isExplicit: as !== undefined, waitMs: seconds * 1000, isPreferred, isFramed }
  if (request.isUpgrade && (as === undefined || as === 'websocket'))
    return { ...base, transport: 'websocket' }
  if (as) return { ...base, transport: as }
  if (wait !== undefined || preferred !== undefined) return { ...base, transport: 'long-poll' }
  const accept = request.header('accept') ?? ''
  if (accepts(accept, mediaTypes.events)) return { ...base, transport: 'sse' }
  if (accepts(accept, mediaTypes.ndjson)) return { ...base, transport: 'ndjson' }
  return { ...base, transport: 'poll' }
}

/** Each channel's own position: of `Last-Event-ID`, a set cursor, one `cursor` per channel, or none (PROTOCOL §4). */
function askedPositions(
  request: HttpRequest,
  query: Query,
  { channels, several }: ReadTarget,
): readonly string[] {
  const lastEventId = request.header('last-event-id')
  const given = query.all('cursor')
  const text = lastEventId || (given.length === 1 ? given[0] : undefined)
  if (several && text?.startsWith('s.')) {
    const set = parseSetCursor(text, channels)
    return channels.map((channel) => set?.get(channel) ?? text)
  }
  // What a browser sends back is answered with a gap, never with an error that it would give up on.
  if (lastEventId) return channels.map(() => lastEventId)
  if (given.length === 0) return channels.map(() => '')
  if (given.length !== channels.length) {
    throw new GamutError(
      'query_invalid',
      'Give one cursor for each channel, in the same order; an empty one for none.',
    )
  }
  for (const [index, cursor] of given.entries()) {
    if (cursor !== '' && cursor !== 'oldest' && cursor !== 'newest' && !isCursor(cursor)) {
      const error = new GamutError('cursor_invalid', 'cursor is one as it was given, oldest or newest.')
      throw several ? asNamed(error, channels[index] as ChannelName) : error
    }
  }
  return given
}

function toChannelReads({ request, target: { query }, core }: Call, target: ReadTarget): ChannelRead[] {
  const last = wholeNumber(query, 'last', 0, Number.MAX_SAFE_INTEGER)
  const positions = askedPositions(request, query, target)
  return target.channels.map((channel, index) => {
    const settings = core.settings(channel)
    const cursor = positions[index] ?? ''
    return {
      channel,
      settings,
      position: toPosition({ cursor, ...(last !== undefined && { last }) }, settings),
    }
  })
}

/** Which device says how it is there by a read (PROTOCOL §11); nothing where none does. */
export function askedPresence({ target: { query } }: Call): { device: string; state: string } | undefined {
  const device = query.get('presence')
  if (device === undefined) return undefined
  const state = query.get('state') ?? 'true'
  if (parseJson(state) === undefined)
    throw new GamutError('query_invalid', 'state is JSON: a text stands in quotes, and null leaves.')
  return { device: take(parseDevice(device)), state: toOneLine(state) }
}

/** All that a request asks for. Its caller is nobody until it is known who that is. */
export function toReadRequest(
  call: Call,
  target: ReadTarget,
  asked: Asked,
): ReadRequest & { caller: ReadRequest['caller']; entered: ReadRequest['entered'] } {
  const { request } = call
  const { query } = call.target
  const maxRate = query.get('maxRate')
  const envelope = isFlagSet(query, 'envelope')
  if (maxRate !== undefined && !isRate(Number(maxRate))) {
    throw new GamutError('query_invalid', 'maxRate is a number of batches a second, from 0.01 to 1,000.')
  }
  const channels = toChannelReads(call, target)
  // A position outside the URL makes another answer of it, which no cache and no tag of the URL may stand for.
  const isByHeader = Boolean(request.header('last-event-id'))
  const tags = request.header('if-none-match')
  // Always with the same members: a runtime makes each that is put together of parts a kind of its own.
  const canShare = asked.isExplicit && (asked.transport === 'poll' || asked.transport === 'long-poll')
  return {
    channels,
    several: target.several,
    caller: nobody,
    address: request.address,
    limit: Math.min(wholeNumber(query, 'limit', 1, Number.MAX_SAFE_INTEGER) ?? defaultLimit, maxLimit),
    afterGap: oneOf(query, 'gap', ['oldest', 'newest']) ?? 'oldest',
    maxRate: maxRate === undefined ? undefined : Number(maxRate),
    waitMs: asked.waitMs,
    isPreferred: asked.isPreferred,
    isFramed: asked.isFramed,
    isShared:
      canShare &&
      !isByHeader &&
      !query.has('ticket') &&
      !query.has('presence') &&
      channels.every(({ settings }) => settings.public),
    envelope,
    url: asked.transport === 'websocket' ? urlOf(request, query) : '',
    raw: isFlagSet(query, 'raw') ?? false,
    known: tags === undefined || isByHeader ? [] : parseEntityTags(tags),
    entered: undefined,
    isProxied: isProxied(request),
  }
}

/** Without a ticket, which is good for reading alone and is shown to nobody. Joined, as a sum keeps its parts (I18). */
function urlOf(request: HttpRequest, query: Query): string {
  const host = request.header('host') ?? 'localhost'
  if (!query.has('ticket')) return ['http://', host, request.target].join('')
  const [path] = request.target.split('?', 1)
  return ['http://', host, path, '?', query.without('ticket')].join('')
}
