import type { ChannelName } from '@gamut/protocol'
import { type Awaitable, whenKnown } from '../awaitable.js'
import type { Caller } from '../core/access/caller.js'
import { GamutError } from '../error.js'
import type { Call } from './call.js'

/** Who reads: by the ticket of the query if there is one, else as the application says. Pages of foreign origins are refused. */
export function identifyReader(
  { request, target: { query }, core, origins }: Call,
  channels: readonly ChannelName[],
): Awaitable<Caller> {
  origins.pass(request)
  const [ticket, ...more] = query.all('ticket')
  // What a browser sends along by itself does not count beside a ticket.
  if (ticket !== undefined) return core.tickets.redeem(more.length === 0 ? ticket : '', channels)
  return whenKnown(
    core.gate.identify(() => origins.toRequest(request)),
    (caller) => {
      if (request.isUpgrade) origins.passUnsafe(request, caller)
      else origins.passSafe(request, caller)
      return caller
    },
  )
}

/** Who writes, and whoever asks for a ticket: nothing of the query says that. Pages of foreign origins are refused. */
export function identifyWriter({ request, target: { query }, core, origins }: Call): Awaitable<Caller> {
  origins.pass(request)
  core.connections.admitPublish()
  if (query.has('ticket')) {
    throw new GamutError('ticket_invalid', 'A ticket is for reading: send a token in Authorization.')
  }
  return whenKnown(
    core.gate.identify(() => origins.toRequest(request)),
    (caller) => {
      origins.passUnsafe(request, caller)
      return caller
    },
  )
}
