import type { ServerResponse } from 'node:http'
import type { Wire } from '../core/outbox.js'
import { joinBytes } from '../core/page.js'
import { GamutError } from '../error.js'
import { dismiss } from '../http/response.js'
import { errorReply, type StreamReply } from '../transports/transport.js'
import { cutIfNotTaken, sendPlain } from './plain-response.js'

/** Holds a response open: the one owner of its life. The head leaves at once, before there is anything to tell. */
export function holdResponse(reply: StreamReply, response: ServerResponse): void {
  if (response.req.method === 'HEAD') {
    dismiss(reply)
    response.writeHead(reply.status, reply.headers).end()
    return
  }
  // It waits behind another answer on its socket, which may be endless too, and not every Node tells it when that closes.
  if (!response.socket) {
    dismiss(reply)
    sendPlain(
      errorReply(new GamutError('query_invalid', 'A stream needs a connection of its own.')),
      response,
    )
    return
  }
  response.writeHead(reply.status, reply.headers)
  response.flushHeaders()
  const wire: Wire = {
    write: (chunks) => response.write(joinBytes(chunks)),
    end: () => {
      cutIfNotTaken(response)
      response.end()
    },
    abort: () => response.destroy(),
  }
  const owner = reply.start(wire)
  response.on('drain', () => owner.drained())
  response.on('close', () => owner.closed())
  response.on('error', () => response.destroy())
  if (response.destroyed) owner.closed()
}
