import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { GamutError } from '../error.js'
import type { Gamut } from '../server.js'
import { errorReply } from '../transports/transport.js'
import { holdResponse } from './held-response.js'
import { fromIncoming } from './node-request.js'
import { sendPlain } from './plain-response.js'
import { SocketUpgrades } from './socket-upgrade.js'

type RequestListener = (message: IncomingMessage, response: ServerResponse) => void
type UpgradeListener = (message: IncomingMessage, socket: Duplex, head: Buffer) => void

/** Gamut in an HTTP server. */
export interface Attached {
  /** Sends every reader away and ends what is still open after the drain's window. The HTTP server stays the caller's. */
  close(): Promise<void>
}

async function answer(gamut: Gamut, message: IncomingMessage, response: ServerResponse): Promise<void> {
  const reply = await gamut.handle(fromIncoming(message, false))
  if (reply.kind === 'stream') holdResponse(reply, response)
  else if (reply.kind === 'plain') sendPlain(reply, response)
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
export function attach(gamut: Gamut, server: Server): Attached {
  const upgrades = new SocketUpgrades(gamut)
  const requests = server.listeners('request') as RequestListener[]
  const otherUpgrades = server.listeners('upgrade') as UpgradeListener[]
  const others = requests.length > 0 ? requests : [notFound]
  server.removeAllListeners('request')
  server.removeAllListeners('upgrade')
  server.on('request', (message, response) => {
    if (gamut.owns(message.url ?? '/')) void answer(gamut, message, response)
    else for (const other of others) other.call(server, message, response)
  })
  server.on('upgrade', (message, socket, head) => {
    if (gamut.owns(message.url ?? '/')) void upgrades.upgrade(message, socket, head)
    else if (otherUpgrades.length === 0) socket.destroy()
    else for (const other of otherUpgrades) other.call(server, message, socket, head)
  })
  return {
    close: async () => {
      await gamut.drain()
      upgrades.close()
      await waitUntil(() => gamut.connections + upgrades.open === 0, gamut.limits.drainWindowMs)
      upgrades.terminate()
    },
  }
}

async function waitUntil(condition: () => boolean, windowMs: number): Promise<void> {
  const until = performance.now() + windowMs
  while (!condition() && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 20))
}
