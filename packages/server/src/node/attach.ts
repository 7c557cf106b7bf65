import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { GamutError } from '../error.js'
import type { Gamut } from '../gamut.js'
import type { Entrance } from '../http/request.js'
import { errorReply, type Reply } from '../transports/transport.js'
import { noteRequest } from './detach.js'
import { HeldResponses } from './held-response.js'
import { probeLoad } from './load-probe.js'
import { fromIncoming } from './node-request.js'
import { failPlainly, sendPlain } from './plain-response.js'
import { SocketUpgrades } from './socket-upgrade.js'
import { isHandshake, type UpgradeListener, upgradeOnly } from './upgrade-only.js'
import { canWriteDirectly } from './write-now.js'

type RequestListener = (message: IncomingMessage, response: ServerResponse) => void

/** Gamut in an HTTP server. */
export interface Attached {
  /** It is known what this Node allows: before, responses are held and sockets written to by Node's own. */
  readonly ready: Promise<void>
  /** Sends every reader away and ends what is still open after the drain's window. The HTTP server stays the caller's. */
  close(): Promise<void>
}

/** How Gamut is put into an HTTP server. */
export interface AttachOptions {
  /** For readers alone, where operators have an entrance of their own; else for both. */
  readonly entrance?: Entrance
  /**
   * Streams and long-polls are held by Node's own responses alone, which takes several times the memory and nothing
   * that Node does not document. Default `false`; where this Node is found to be of another kind it is so by itself.
   */
  readonly plainResponses?: boolean
}

/** Carries out what a request is answered with. */
function carryOut(reply: Reply, held: HeldResponses, response: ServerResponse): void {
  if (reply.kind === 'plain') sendPlain(reply, response)
  else if (reply.kind !== 'upgrade') held.hold(reply, response)
  else
    sendPlain(
      errorReply(new GamutError('upgrade_required', 'Ask for a WebSocket by a WebSocket handshake.')),
      response,
    )
}

function notFound(_message: IncomingMessage, response: ServerResponse): void {
  sendPlain(
    errorReply(new GamutError('not_found', 'There is nothing here. Channels are under /channels/.')),
    response,
  )
}

/**
 * Puts Gamut's routes into a Node HTTP server, in front of the listeners that it has by now: what is not Gamut's goes
 * to them as before. Call it after the application has set its own.
 */
export function attach(
  gamut: Gamut,
  server: Server,
  { plainResponses = false, entrance }: AttachOptions = {},
): Attached {
  const upgrades = new SocketUpgrades(gamut, entrance)
  const stopProbe = probeLoad((load) => gamut.noteLoad(load))
  const held = new HeldResponses(server, plainResponses)
  const requests = server.listeners('request') as RequestListener[]
  const otherUpgrades = server.listeners('upgrade') as UpgradeListener[]
  const others = requests.length > 0 ? requests : [notFound]
  const answer = async (message: IncomingMessage, response: ServerResponse) => {
    try {
      carryOut(await gamut.handle(fromIncoming(gamut, message, { entrance })), held, response)
    } catch {
      failPlainly(response)
    }
  }
  server.removeAllListeners('request')
  server.removeAllListeners('upgrade')
  server.on('request', (message, response) => {
    noteRequest(response)
    if (gamut.owns(message.url ?? '/')) void answer(message, response)
    else for (const other of others) other.call(server, message, response)
  })
  const passes = (message: IncomingMessage) => {
    if (!gamut.owns(message.url ?? '/')) return otherUpgrades.length > 0
    return isHandshake(message) && !upgrades.isOver
  }
  upgradeOnly(server, passes, (message, socket, head) => {
    if (gamut.owns(message.url ?? '/')) upgrades.upgrade(message, socket, head)
    else for (const other of otherUpgrades) other.call(server, message, socket, head)
  })
  return {
    ready: Promise.all([held.ready, canWriteDirectly()]).then(() => undefined),
    close: async () => {
      held.close()
      await gamut.drain()
      await waitUntil(() => gamut.connections + upgrades.open === 0, gamut.limits.drainWindowMs)
      upgrades.close()
      stopProbe()
    },
  }
}

async function waitUntil(condition: () => boolean, windowMs: number): Promise<void> {
  const until = performance.now() + windowMs
  while (!condition() && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 20))
}
