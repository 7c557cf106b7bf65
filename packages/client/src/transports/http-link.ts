import { toEnd } from './ask.js'
import { createDeadline } from './deadline.js'
import type { Frame, Link, LinkEnd, LinkListener, LinkRequest, Round } from './transport.js'

/** A link over HTTP: one round, and when its channels change a second that takes its place with its first frame. */
export function createHttpLink(
  request: LinkRequest,
  listener: LinkListener,
  read: (round: Round) => Promise<LinkEnd>,
): Link {
  let current: AbortController | undefined
  let next: AbortController | undefined
  const close = () => {
    next?.abort()
    current?.abort()
  }
  const change = () => {
    next?.abort()
    const own = new AbortController()
    const { signal } = own
    next = own
    const end = (why: LinkEnd) => {
      // Its place may be being taken already: that one is the link now, and says how it fares.
      if (next && next !== own) own.abort()
      if (signal.aborted) return
      close()
      listener.ended(why)
    }
    const expect = createDeadline(request.server.environment, () => end({ kind: 'mute' }))
    signal.addEventListener('abort', () => expect())
    const frame = (one: Frame) => {
      if (signal.aborted) return
      if (own === next) {
        current?.abort()
        current = own
        next = undefined
      }
      listener.frame(one)
    }
    const { opened } = listener
    void read({ ...request, signal, opened, expect, frame, change })
      .catch(toEnd)
      .then(end)
  }
  return { change, check: change, close }
}
