import { toEnd } from './ask.js'
import { createDeadline } from './deadline.js'
import type { Frame, Link, LinkEnd, LinkListener, LinkRequest, Round } from './transport.js'

/**
 * A link over HTTP: one round, and when its channels change a second that takes its place: with its first frame where
 * rounds are held, else at once, as a browser has few connections.
 */
export function createHttpLink(
  request: LinkRequest,
  listener: LinkListener,
  isHeld: boolean,
  read: (round: Round) => Promise<LinkEnd>,
): Link {
  let current: AbortController | undefined
  let next: AbortController | undefined
  const close = () => {
    next?.abort()
    current?.abort()
  }
  const change = () => {
    if (isHeld) next?.abort()
    else close()
    const own = new AbortController()
    next = own
    const end = (why: LinkEnd) => {
      // Its place may be being taken already: that one is the link now, and says how it fares.
      if (own.signal.aborted || (next && next !== own)) return own.abort()
      // What the server said of this one says nothing of the one that is open.
      const isKept = next && current?.signal.aborted === false && /refused|sent|token/.test(why.kind)
      if (isKept) own.abort()
      else close()
      next = undefined
      listener[isKept ? 'delayed' : 'ended'](why)
    }
    const expect = createDeadline(request.server.environment, () => {
      if (!isHeld || !next || !current) return end({ kind: 'mute' })
      // Over HTTP/1.1 it may wait for the very connection whose place it is to take.
      close()
      current = undefined
      change()
    })
    own.signal.addEventListener('abort', () => expect())
    const frame = (one: Frame) => {
      if (own.signal.aborted) return
      if (own === next) {
        current?.abort()
        current = own
        next = undefined
      }
      listener.frame(one)
    }
    void read({ ...request, ...listener, signal: own.signal, expect, frame, change })
      .catch(toEnd)
      .then(end)
  }
  return { change, check: change, close, isAsked: true }
}
