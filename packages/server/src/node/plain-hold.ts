import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { joinBytes } from '../core/log/page.js'
import type { Wire } from '../core/outbox.js'
import { GamutError } from '../error.js'
import { dismiss } from '../http/response.js'
import { errorReply, type ParkedReply, type StreamReply } from '../transports/transport.js'
import { sendPlain } from './plain-response.js'

/** Holds a stream by Node's own response. The head leaves at once, before there is anything to tell. */
export function holdPlainly(reply: StreamReply, response: ServerResponse): void {
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

/** Waits for an answer that comes later, and sends it by Node's own response. */
export function parkPlainly(reply: ParkedReply, response: ServerResponse): void {
  const forget = onGone(response.req.socket, () => owner.closed())
  const owner = reply.start((answer) => {
    forget()
    sendPlain(answer, response)
  })
}

/** Who waits for the end of each socket: one listener serves all requests that it carries. */
const waiting = new WeakMap<Socket, Set<() => void>>()

/** A response that waits for its turn is not told that its socket closes. */
function onGone(socket: Socket, call: () => void): () => void {
  if (socket.destroyed) {
    queueMicrotask(call)
    return () => {}
  }
  const calls = waiting.get(socket) ?? watch(socket)
  calls.add(call)
  return () => calls.delete(call)
}

function watch(socket: Socket): Set<() => void> {
  const calls = new Set<() => void>()
  waiting.set(socket, calls)
  socket.once('close', () => {
    for (const call of calls) call()
  })
  return calls
}
