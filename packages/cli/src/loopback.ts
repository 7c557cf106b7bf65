import type { Server } from 'node:http'
import { isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import { errorBody } from '@gamut/protocol'

/** Whether only this machine reaches a server that listens there. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}

/**
 * Whether a `Host` may be asked for at a server without a door. A page of any site can have its own name point to
 * 127.0.0.1 and is then of the server's origin (DNS rebinding); such a name has a dot in it and is no address.
 */
function isOwnHost(host: string, trusted: ReadonlySet<string>): boolean {
  if (trusted.has(host)) return true
  const name = host.replace(/:\d+$/, '').toLowerCase()
  return !name.includes('.') || isIP(name) !== 0 || name.endsWith('.localhost')
}

const refusalHeaders = { 'content-type': 'application/json', 'cache-control': 'no-store' }
const refusal = `${JSON.stringify({
  error: errorBody(
    'origin_refused',
    'This server is for its own machine and is asked for by a foreign name. Ask for 127.0.0.1, or start it with --public or that name in --origins.',
  ),
})}\n`

type Listener = (...args: unknown[]) => unknown

/** Nobody else knows the socket of an upgrade any more: its end and its failure are seen to here. */
function refuseUpgrade(socket: Duplex): void {
  socket.on('error', () => socket.destroy())
  const head = `HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: ${refusal.length}`
  socket.end(`${head}\r\n\r\n${refusal}`, () => socket.destroy())
}

/** Refuses requests under foreign names before anything else sees them. `origins` are those whose names are trusted. */
export function guardHost(server: Server, origins: readonly string[]): void {
  const trusted = new Set(origins.flatMap((origin) => (URL.canParse(origin) ? [new URL(origin).host] : [])))
  // Nearly all requests name the host that the one before did.
  let known: string | undefined
  const isOwn = (host: string | undefined) => {
    if (host === known || host === undefined) return true
    if (!isOwnHost(host, trusted)) return false
    known = host
    return true
  }
  const requests = server.listeners('request') as Listener[]
  const upgrades = server.listeners('upgrade') as Listener[]
  server.removeAllListeners('request')
  server.removeAllListeners('upgrade')
  server.on('request', (request, response) => {
    if (isOwn(request.headers.host)) for (const next of requests) next.call(server, request, response)
    else response.writeHead(403, { ...refusalHeaders, connection: 'close' }).end(refusal)
  })
  server.on('upgrade', (request, socket, head) => {
    if (isOwn(request.headers.host)) for (const next of upgrades) next.call(server, request, socket, head)
    else refuseUpgrade(socket)
  })
}
