import type { Wire } from '../core/outbox.js'
import { joinBytes } from '../core/page.js'
import { GamutError } from '../error.js'
import { errorReply, type Reply, type StreamReply, type WireOwner } from '../transports/transport.js'

/** Bytes that a web stream keeps for its reader before it counts as full. */
const highWaterBytes = 16 * 1024

/** The body of a held response as a web stream: the form every runtime has. */
function toStream(reply: StreamReply): ReadableStream<Uint8Array> {
  let owner: WireOwner | undefined
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        let isOpen = true
        const close = () => {
          if (isOpen) controller.close()
          isOpen = false
        }
        const wire: Wire = {
          write: (chunks) => {
            if (isOpen) controller.enqueue(joinBytes(chunks))
            return (controller.desiredSize ?? 0) > 0
          },
          end: close,
          abort: () => {
            if (isOpen) controller.error(new Error('the reader took nothing for too long'))
            isOpen = false
          },
        }
        owner = reply.start(wire)
      },
      pull: () => owner?.drained(),
      cancel: () => owner?.closed(),
    },
    { highWaterMark: highWaterBytes, size: (chunk) => chunk?.length ?? 0 },
  )
}

/** Ends a held response whose body nobody wants. */
export function dismiss(reply: StreamReply): null {
  reply.start({ write: () => true, end: () => {}, abort: () => {} }).closed()
  return null
}

/** A route's answer as a web standard response. A WebSocket cannot be opened this way. */
export function toResponse(reply: Reply, method: string): Response {
  if (reply.kind === 'upgrade') {
    return toResponse(
      errorReply(new GamutError('upgrade_required', 'This way in has no WebSockets.')),
      method,
    )
  }
  const { status, headers } = reply
  if (reply.kind === 'stream') {
    return new Response(method === 'HEAD' ? dismiss(reply) : toStream(reply), { status, headers })
  }
  const isEmpty = method === 'HEAD' || status === 204 || status === 304
  return new Response(isEmpty ? null : reply.body, { status, headers })
}
