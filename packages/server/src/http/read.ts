import {
  accepts,
  type ChannelName,
  defaultWaitSeconds,
  isCursor,
  isRate,
  maxWaitSeconds,
  mediaTypes,
  parseEntityTags,
  parsePreferWait,
  parseSetCursor,
  type TransportName,
  transports,
} from '@gamut/protocol'
import { type Caller, nobody } from '../core/access/caller.js'
import type { Core } from '../core/core.js'
import { toRefusal } from '../core/refusal.js'
import { GamutError } from '../error.js'
import { toPosition } from '../transports/position.js'
import { transportTable } from '../transports/table.js'
import {
  type ChannelRead,
  errorReply,
  type ReadRequest,
  type Reply,
  statusOf,
  type Transport,
} from '../transports/transport.js'
import type { OriginCheck } from './cors.js'
import { identifyReader } from './identify.js'
import { isProxied } from './proxied.js'
import { isFlagSet, oneOf, wholeNumber } from './query.js'
import { type HttpRequest, splitTarget } from './request.js'

/** Messages of one batch where a reader does not say, and at most (PROTOCOL §4). */
const defaultLimit = 100
const maxLimit = 1000

/** What a read asks for: its channels, and whether it names them as a set. */
export interface ReadTarget {
  readonly channels: readonly ChannelName[]
  readonly several: boolean
}

interface Asked {
  readonly transport: TransportName
  readonly isExplicit: boolean
  readonly waitMs: number
  readonly isPreferred: boolean
}

/** Which transport a request asks for. Precedence: `as`, `Upgrade`, `wait` and `Prefer`, `Accept` (PROTOCOL §4). */
function askedTransport(request: HttpRequest, query: URLSearchParams): Asked {
  const as = oneOf(query, 'as', transports)
  const wait = wholeNumber(query, 'wait', 0, Number.MAX_SAFE_INTEGER)
  const preferred = wait === undefined ? parsePreferWait(request.header('prefer') ?? '') : undefined
  const seconds = Math.min(wait ?? preferred ?? defaultWaitSeconds, maxWaitSeconds)
  const base = { isExplicit: as !== undefined, waitMs: seconds * 1000, isPreferred: preferred !== undefined }
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
  query: URLSearchParams,
  { channels, several }: ReadTarget,
): string[] {
  const lastEventId = request.header('last-event-id')
  const given = query.getAll('cursor')
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
  for (const cursor of given) {
    if (cursor !== '' && cursor !== 'oldest' && cursor !== 'newest' && !isCursor(cursor)) {
      throw new GamutError('cursor_invalid', 'cursor is a cursor as it was given, "oldest" or "newest".')
    }
  }
  return given
}

function toChannelReads(
  request: HttpRequest,
  query: URLSearchParams,
  target: ReadTarget,
  core: Core,
): ChannelRead[] {
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

function toReadRequest(
  request: HttpRequest,
  query: URLSearchParams,
  target: ReadTarget,
  asked: Asked,
  core: Core,
): Omit<ReadRequest, 'caller'> {
  const maxRate = query.get('maxRate')
  const envelope = isFlagSet(query, 'envelope')
  if (maxRate !== null && !isRate(Number(maxRate))) {
    throw new GamutError('query_invalid', 'maxRate is a number of batches a second, from 0.01 to 1,000.')
  }
  const channels = toChannelReads(request, query, target, core)
  // A position outside the URL makes another answer of it, which no cache and no tag of the URL may stand for.
  const isByHeader = Boolean(request.header('last-event-id'))
  // Always with the same members: a runtime makes each that is put together of parts a kind of its own.
  const canShare = asked.isExplicit && (asked.transport === 'poll' || asked.transport === 'long-poll')
  return {
    channels,
    several: target.several,
    address: request.address,
    limit: Math.min(wholeNumber(query, 'limit', 1, Number.MAX_SAFE_INTEGER) ?? defaultLimit, maxLimit),
    afterGap: oneOf(query, 'gap', ['oldest', 'newest']) ?? 'oldest',
    maxRate: maxRate === null ? undefined : Number(maxRate),
    waitMs: asked.waitMs,
    isPreferred: asked.isPreferred,
    isShared:
      canShare && !isByHeader && !query.has('ticket') && channels.every(({ settings }) => settings.public),
    envelope,
    url: asked.transport === 'websocket' ? urlOf(request, query) : '',
    raw: isFlagSet(query, 'raw') ?? false,
    known: isByHeader ? [] : parseEntityTags(request.header('if-none-match') ?? ''),
    isProxied: isProxied(request),
  }
}

/** Without a ticket, which is good for reading alone and is shown to nobody. */
function urlOf(request: HttpRequest, query: URLSearchParams): string {
  const host = `http://${request.header('host') ?? 'localhost'}`
  if (!query.has('ticket')) return host + request.target
  const rest = new URLSearchParams(query)
  rest.delete('ticket')
  return `${host}${splitTarget(request.target).path}?${rest}`
}

function checkCount({ channels }: ReadTarget, most: number): void {
  if (channels.length <= most) return
  throw new GamutError(
    'too_many_channels',
    `At most ${most} channels can be read at once here: open another reader for the rest.`,
  )
}

/** Refuses a read before anything of it is known, in the way of whichever transport it asks for. */
export function refuseRead(
  request: HttpRequest,
  query: URLSearchParams,
  error: GamutError,
  core: Core,
): Reply {
  let transport: TransportName | undefined
  try {
    transport = askedTransport(request, query).transport
  } catch {
    // It does not even say how it wants to read.
  }
  return (transport && transportTable[transport].refuse?.(error, core)) ?? errorReply(error)
}

/** What of a read is known by the time it is answered or refused. */
interface Attempt {
  asked?: Asked
  channels: readonly ChannelName[]
  caller: Caller
}

async function attemptRead(
  attempt: Attempt,
  request: HttpRequest,
  query: URLSearchParams,
  toTarget: () => ReadTarget,
  core: Core,
  origins: OriginCheck,
): Promise<Reply> {
  const asked = askedTransport(request, query)
  attempt.asked = asked
  const transport = transportTable[asked.transport]
  if (asked.transport === 'websocket' && !request.isUpgrade) {
    throw new GamutError('upgrade_required', 'Ask for a WebSocket by a WebSocket handshake.')
  }
  const target = toTarget()
  attempt.channels = target.channels
  checkCount(
    target,
    Math.min(transport.maxChannels ?? Number.POSITIVE_INFINITY, core.limits.maxChannelsPerConnection),
  )
  const asking = toReadRequest(request, query, target, asked, core)
  if (asking.isShared) return open(transport, { ...asking, caller: nobody }, core)
  const caller = await identifyReader(request, query, target.channels, core, origins)
  attempt.caller = caller
  core.tenure.check(caller)
  for (const channel of target.channels) await core.gate.pass(caller, 'read', channel)
  core.tickets.use(caller)
  const reply = await open(transport, { ...asking, caller }, core)
  // What is held is watched from its start on; an answer that is whole is sent now or not at all.
  if (reply.kind === 'plain') core.tenure.check(caller, target.channels)
  return reply
}

/** Opens a read that the node has room for; while its position is looked for it counts as held. */
async function open(transport: Transport, read: ReadRequest, core: Core): Promise<Reply> {
  const { connections } = core
  if (transport.name === 'poll') {
    connections.admitPoll()
    return transport.open(read, core)
  }
  const opened = connections.admit(read.address, transport.name)
  try {
    return await transport.open(read, core)
  } finally {
    opened()
  }
}

/** Answers a read over whichever transport it asks for; a refusal, a wrong name's too, in the way of that transport (PROTOCOL §4, §6, §7). */
export async function read(
  request: HttpRequest,
  query: URLSearchParams,
  toTarget: () => ReadTarget,
  core: Core,
  origins: OriginCheck,
): Promise<Reply> {
  const attempt: Attempt = { channels: [], caller: nobody }
  let reply: Reply
  try {
    reply = await attemptRead(attempt, request, query, toTarget, core, origins)
  } catch (thrown) {
    const error = toRefusal(thrown, core)
    const { asked } = attempt
    if (core.trace.isOn) noteRefusal(request, attempt, error, core)
    reply = (asked && transportTable[asked.transport].refuse?.(error, core)) ?? errorReply(error)
  }
  return counted(reply, attempt.asked?.transport ?? '', core)
}

/** Counts an answer whose status is known; whoever parks counts its own. */
function counted(reply: Reply, transport: TransportName | '', core: Core): Reply {
  if (reply.kind !== 'parked') core.tally.count('gamut_requests_total', 'read', transport, statusOf(reply))
  return reply
}

/** Notes who was refused what, where that is traced. */
function noteRefusal(
  request: HttpRequest,
  { asked, channels, caller: { identity } }: Attempt,
  { code }: GamutError,
  core: Core,
): void {
  if (!asked || channels.length === 0) return
  const { transport } = asked
  core.trace.refused(
    { id: '', transport, identity: identity?.id ?? null, address: request.address },
    channels,
    code,
  )
}
