import { type ChannelName, isServerChannel } from '@gamut/protocol'
import { type Awaitable, whenKnown } from '../../awaitable.js'
import type { ChannelSettings } from '../../channels.js'
import { GamutError } from '../../error.js'
import type { Action, Hooks } from '../../hooks.js'
import { isOwnChannel, presenceSubject } from '../../own-channels.js'
import { type Caller, isTicketFor, nobody } from './caller.js'
import { toIdentity } from './identity.js'
import type { Tenure } from './tenure.js'

/** Who is there on a channel may be seen by whoever may read it. */
function gateOf(channel: ChannelName, action: Action): ChannelName {
  return (action === 'read' && presenceSubject(channel)) || channel
}

/** The one gate on every way to read and to write over the network (PROTOCOL §12, I21). */
export class Gate {
  readonly #hooks: Hooks
  readonly #settings: (channel: ChannelName) => ChannelSettings
  readonly #tenure: Tenure

  constructor(hooks: Hooks, settings: (channel: ChannelName) => ChannelSettings, tenure: Tenure) {
    this.#hooks = hooks
    this.#settings = settings
    this.#tenure = tenure
  }

  /** Who sends the request; throws what the hook throws, and a `TypeError` for what is no identity. */
  identify(request: () => Request): Awaitable<Caller> {
    return whenKnown(this.#hooks.authenticate?.(request()), (given) => {
      const identity = toIdentity(given)
      if (!identity) return nobody
      this.#tenure.note(identity)
      return { identity }
    })
  }

  /** Throws `unauthenticated`, `revoked` or `forbidden` unless somebody may do that now. */
  pass(caller: Caller, action: Action, channel: ChannelName): Awaitable<void> {
    this.#tenure.check(caller, [channel])
    return whenKnown(this.#may(caller, action, gateOf(channel, action)), (may) => {
      this.#tenure.check(caller, [channel])
      if (may !== true) this.#refuse(caller, action, channel)
    })
  }

  #refuse({ identity, ticket }: Caller, action: Action, channel: ChannelName): never {
    if (ticket && action !== 'read') {
      throw new GamutError('forbidden', `A ticket is for reading: send a token to ${action} "${channel}".`)
    }
    if (ticket && !isTicketFor(ticket, channel)) {
      throw new GamutError(
        'ticket_invalid',
        `This ticket is not for "${channel}": ask POST /tickets for one.`,
      )
    }
    if (identity === null && this.#hooks.authenticate) {
      throw new GamutError('unauthenticated', `Say who you are: "${channel}" is not open to everybody.`)
    }
    const hint = this.#hooks.authorize ? '' : ' The server has no authorize hook, so nobody may.'
    throw new GamutError('forbidden', `You may not ${action} "${channel}".${hint}`)
  }

  #may(
    { identity, ticket }: Caller,
    action: Action,
    channel: ChannelName,
  ): boolean | undefined | Promise<boolean> {
    if (isOwnChannel(channel)) return false
    if (ticket && (action !== 'read' || !isTicketFor(ticket, channel))) return false
    const settings = this.#settings(channel)
    if (action === 'read' && settings.public) return true
    if (action !== 'read' && isServerChannel(channel)) return false
    if (action !== 'read' && action !== 'presence' && (settings.publish === 'server' || settings.source))
      return false
    // Whoever gave a ticket in process has said so: there is nobody else to ask.
    if (ticket && !this.#hooks.authorize) return true
    return this.#hooks.authorize?.(identity, action, channel)
  }
}
