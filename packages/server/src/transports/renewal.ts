import type { ChannelName } from '@gamut/protocol'
import type { Caller } from '../core/access/caller.js'
import type { Connection } from '../core/connection.js'
import type { Core } from '../core/core.js'
import { GamutError } from '../error.js'
import type { Action } from '../hooks.js'

/** A token that came in-band, and the address that the connection was opened with. */
export interface Renewal {
  readonly url: string
  readonly token: string
}

function toRequest({ url, token }: Renewal): Request {
  return new Request(URL.canParse(url) ? url : 'http://localhost/', {
    headers: { authorization: `Bearer ${token}` },
  })
}

/** Who the token is of: whoever the connection is of already, or the first that it is of (PROTOCOL §12). */
async function identifySame(connection: Connection, renewal: Renewal, core: Core): Promise<Caller> {
  const caller = await core.gate.identify(() => toRequest(renewal))
  core.tenure.check(caller)
  if (caller.identity === null) {
    throw new GamutError('unauthenticated', 'The token is of nobody known. The one before counts to its end.')
  }
  const { identity } = connection.caller
  if (identity === null || identity.id === caller.identity.id) return caller
  throw new GamutError('forbidden', 'The token is of somebody else: open a connection of its own for it.')
}

async function may(caller: Caller, action: Action, channel: ChannelName, core: Core): Promise<boolean> {
  try {
    await core.gate.pass(caller, action, channel)
    return true
  } catch (error) {
    if (error instanceof GamutError && (error.status === 401 || error.status === 403)) return false
    throw error
  }
}

/**
 * Goes on by a new token. Nothing of the connection is interrupted, but channels that may not be read by it end with
 * `auth`, and whom it keeps there on channels where that may not be has left. Throws, and changes nothing, if the token does not do (PROTOCOL §7, §12).
 */
export async function renew(connection: Connection, renewal: Renewal, core: Core): Promise<void> {
  const caller = await identifySame(connection, renewal, core)
  const allowed = new Map<ChannelName, boolean>()
  // Again for those that were subscribed while the others were asked for.
  for (;;) {
    const unasked = [...connection.subscriptions.keys()].filter((channel) => !allowed.has(channel))
    if (unasked.length === 0) break
    await Promise.all(
      unasked.map(async (channel) => allowed.set(channel, await may(caller, 'read', channel, core))),
    )
  }
  const absent: ChannelName[] = []
  for (const channel of core.presence.channelsOf(connection))
    if (!(await may(caller, 'presence', channel, core))) absent.push(channel)
  if (connection.isClosed) return
  connection.renew(caller)
  for (const [channel, isAllowed] of allowed) {
    if (!isAllowed) connection.subscriptions.get(channel)?.end('auth')
  }
  await Promise.all(absent.map((channel) => core.presence.withdraw(connection, channel)))
}
