import { joinBytes } from '../core/log/page.js'
import type { Wire } from '../core/outbox.js'
import { GamutError } from '../error.js'
import {
  errorReply,
  type ParkedReply,
  type PlainReply,
  type Reply,
  type StreamReply,
  type WireOwner,
} from '../transports/transport.js'

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
          end: () => {
            close()
            // Nobody says when the rest is read.
            queueMicrotask(() => owner?.closed())
          },
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

/** Ends a held response that nobody wants. */
export function dismiss(reply: StreamReply | ParkedReply): null {
  const owner =
    reply.kind === 'parked'
      ? reply.start(() => {})
      : reply.start({ write: () => true, end: () => {}, abort: () => {} })
  owner.closed()
  return null
}

/** Waits for a parked answer; a peer that has gone is told nothing more. */
function settle(reply: ParkedReply, { signal }: Request): Promise<PlainReply> {
  return new Promise((resolve) => {
    const gone = () => owner.closed()
    const owner = reply.start((answer) => {
      signal.removeEventListener('abort', gone)
      resolve(answer)
    })
    if (signal.aborted) gone()
    else signal.addEventListener('abort', gone, { once: true })
  })
}

/** A route's answer as a web standard response. A WebSocket cannot be opened this way. */
export async function toResponse(reply: Reply, request: Request): Promise<Response> {
  if (reply.kind === 'upgrade') {
    return toResponse(
      errorReply(new GamutError('upgrade_required', 'This way in has no WebSockets.')),
      request,
    )
  }
  if (reply.kind === 'parked') return toResponse(await settle(reply, request), request)
  const { status, headers } = reply
  if (reply.kind === 'stream') {
    return new Response(request.method === 'HEAD' ? dismiss(reply) : toStream(reply), { status, headers })
  }
  const isEmpty = request.method === 'HEAD' || status === 204 || status === 304
  return new Response(isEmpty ? null : reply.body, { status, headers })
}
