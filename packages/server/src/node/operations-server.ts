import type { Server } from 'node:http'
import type { Gamut } from '../gamut.js'
import { createHttpServer, listenOn } from './http-server.js'
import { fromIncoming } from './node-request.js'
import { failPlainly, sendPlain } from './plain-response.js'

/** Where operators alone come in. */
export interface OperationsOptions {
  /** 0 takes a free one. */
  readonly port: number
  /** Default `127.0.0.1`. */
  readonly host?: string
}

/** An entrance for operators alone: health, readiness and the routes of PROTOCOL §14, and nothing for readers. */
export async function serveOperations(
  gamut: Gamut,
  { port, host = '127.0.0.1' }: OperationsOptions,
): Promise<Server> {
  const server = createHttpServer(gamut, (message, response) => {
    gamut
      .handle(fromIncoming(gamut, message, { entrance: 'operators' }))
      .then((reply) => {
        if (reply.kind === 'plain') sendPlain(reply, response)
        else failPlainly(response)
      })
      .catch(() => failPlainly(response))
  })
  await listenOn(gamut, server, { port, host })
  return server
}
