import type { RequestListener, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Gamut } from '../gamut.js'
import { type AttachOptions, attach } from './attach.js'
import { socketsByDescriptors } from './descriptors.js'
import { closeServer, createHttpServer, listenOn } from './http-server.js'
import { type OperationsOptions, serveOperations } from './operations-server.js'
import { SocketGuard } from './socket-guard.js'

/** Where to listen. */
export interface ServeOptions extends Omit<AttachOptions, 'entrance'> {
  /** 0 takes a free one. Default 8080. */
  readonly port?: number
  /** Default `127.0.0.1`: only this machine. */
  readonly host?: string
  /** Answers every request that is not Gamut's. Default: 404. */
  readonly otherwise?: RequestListener
  /** An address of their own for the routes of operators, which are then answered there alone (PROTOCOL §14). */
  readonly operations?: OperationsOptions
}

/** A listening server. */
export interface Served {
  readonly port: number
  readonly host: string
  /** Like `http://127.0.0.1:8080`. */
  readonly url: string
  /** Where operators come in, if that is an entrance of its own. */
  readonly operationsUrl?: string
  readonly server: Server
  /** Sends every reader away, lets requests under way finish, and ends within the drain's window. */
  close(): Promise<void>
}

/** Opens a Gamut server to a network. Rejects if the address cannot be had. */
export async function serve(gamut: Gamut, options: ServeOptions = {}): Promise<Served> {
  const { port = 8080, host = '127.0.0.1', otherwise, operations, ...attaching } = options
  const server = createHttpServer(gamut, otherwise)
  const attached = attach(gamut, server, { ...attaching, ...(operations && { entrance: 'readers' }) })
  const guard = new SocketGuard(gamut, socketsByDescriptors())
  guard.watch(server)
  await attached.ready
  const operating = operations && (await serveOperations(gamut, operations))
  try {
    await listenOn(gamut, server, { port, host })
  } catch (error) {
    operating?.close()
    throw error
  }
  return {
    port: (server.address() as AddressInfo).port,
    host,
    url: urlOf(server, host),
    ...(operating && { operationsUrl: urlOf(operating, operations.host ?? '127.0.0.1') }),
    server,
    close: async () => {
      const endsAt = performance.now() + gamut.limits.drainWindowMs
      // It listens until all are told, so that who comes now hears "draining" and not a refused connection.
      await attached.close()
      await closeServer(server, endsAt - performance.now(), () => guard.endSilent())
      // To the end, or nobody could watch the drain.
      if (operating) await closeServer(operating, 0)
      await gamut.stop()
    },
  }
}

function urlOf(server: Server, host: string): string {
  const { family, port } = server.address() as AddressInfo
  return `http://${family === 'IPv6' ? `[${host}]` : host}:${port}`
}
