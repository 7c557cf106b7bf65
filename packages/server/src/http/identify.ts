import type { ChannelName } from '@gamut/protocol'
import type { Caller } from '../core/access/caller.js'
import type { Core } from '../core/core.js'
import { GamutError } from '../error.js'
import type { OriginCheck } from './cors.js'
import type { HttpRequest } from './request.js'

/** Who reads: by the ticket of the query if there is one, else as the application says. Pages of foreign origins are refused. */
export async function identifyReader(
  request: HttpRequest,
  query: URLSearchParams,
  channels: readonly ChannelName[],
  core: Core,
  origins: OriginCheck,
): Promise<Caller> {
  origins.pass(request)
  const [ticket, ...more] = query.getAll('ticket')
  // What a browser sends along by itself does not count beside a ticket.
  if (ticket !== undefined) return core.tickets.redeem(more.length === 0 ? ticket : '', channels)
  const caller = await core.gate.identify(() => origins.toRequest(request))
  if (request.isUpgrade) origins.passUnsafe(request, caller)
  else origins.passSafe(request, caller)
  return caller
}

/** Who writes, and whoever asks for a ticket: nothing of the query says that. Pages of foreign origins are refused. */
export async function identifyWriter(
  request: HttpRequest,
  query: URLSearchParams,
  core: Core,
  origins: OriginCheck,
): Promise<Caller> {
  origins.pass(request)
  core.connections.admitPublish()
  if (query.has('ticket')) {
    throw new GamutError('ticket_invalid', 'A ticket is for reading: send a token in Authorization.')
  }
  const caller = await core.gate.identify(() => origins.toRequest(request))
  origins.passUnsafe(request, caller)
  return caller
}
