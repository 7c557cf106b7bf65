import { type ChannelName, parseChannelName, parseId, transports } from '@gamut/protocol'
import type { Core } from '../core/core.js'
import type { Held, HeldSince, HeldState } from '../core/held.js'
import { GamutError } from '../error.js'
import { take } from '../take.js'
import type { Reply } from '../transports/transport.js'
import { freshJson } from './fresh-json.js'
import { oneOf, type Query, wholeNumber } from './query.js'

/** Connections of a page where an operator does not say, and at most. */
const defaultLimit = 100
const maxLimit = 1000
/** A page ends after so many channels, so that it stays a few MB also of readers with a hundred each. */
const maxChannels = 10_000

const states = ['live', 'behind', 'full'] as const satisfies readonly HeldState[]

/** Which connections an operator wants to see. */
type Filter = (held: Held) => boolean

function toFilter(query: Query): Filter {
  const channel = query.get('channel')
  const name = channel === undefined ? undefined : take(parseChannelName(channel))
  const identity = query.get('identity')
  if (identity !== undefined && !parseId(identity).ok)
    throw new GamutError('query_invalid', 'identity is the id of one, as authenticate gave it.')
  const transport = oneOf(query, 'transport', transports)
  const state = oneOf(query, 'state', [...states, 'slow'])
  return (held) =>
    (name === undefined || held.reads(name) !== undefined) &&
    (identity === undefined || held.reader.identity === identity) &&
    (transport === undefined || held.transport === transport) &&
    (state === undefined || held.state === state || (state === 'slow' && held.state !== 'live'))
}

function showChannel(held: Held, channel: ChannelName): object {
  const { cursor, lag } = held.reads(channel) ?? {}
  return {
    channel,
    cursor: cursor ?? null,
    ...(lag && { head: lag.head, behind: lag.messages ?? null }),
  }
}

function show(held: Held, { at }: HeldSince, { clock }: Core) {
  const { id, transport, identity, address } = held.reader
  return {
    id: id === '' ? null : id,
    transport,
    identity,
    address,
    state: held.state,
    since: Math.round(clock.now() - (clock.elapsed() - at)),
    deliveries: held.deliveries,
    unsentBytes: held.unsentBytes,
    unansweredBytes: held.unansweredBytes,
    channels: [...held.channels].map((channel) => showChannel(held, channel)),
  }
}

/** `GET /connections`: who is held, page by page, and how each keeps up (PROTOCOL §14). No credential is among it. */
export function connectionsReply(query: Query, core: Core): Reply {
  const limit = wholeNumber(query, 'limit', 1, maxLimit) ?? defaultLimit
  const after = wholeNumber(query, 'after', 0, Number.MAX_SAFE_INTEGER) ?? 0
  const passes = toFilter(query)
  const shown: ReturnType<typeof show>[] = []
  let channels = 0
  let last = after
  let more = false
  for (const [held, since] of core.connections.entries()) {
    if (since.number <= after || !passes(held)) continue
    if (shown.length === limit || channels >= maxChannels) {
      more = true
      break
    }
    const one = show(held, since, core)
    shown.push(one)
    channels += one.channels.length
    last = since.number
  }
  const body = {
    total: core.connections.size,
    summary: Object.fromEntries(core.connections.states()),
    connections: shown,
    ...(more && { next: last }),
  }
  return freshJson(200, body)
}

/** `DELETE /connections/{id}`: has a reader come back soon, to this node or another; it loses nothing. */
export function sendAwayReply(id: string, core: Core): Reply {
  for (const held of core.connections.all()) {
    if (held.reader.id !== id || id === '') continue
    held.reconnect(core.slots.take(), 'rotated')
    return { kind: 'plain', status: 204, headers: { 'cache-control': 'no-store' }, body: '' }
  }
  throw new GamutError(
    'not_found',
    'No connection has this id now; GET /connections lists those that are held.',
  )
}
