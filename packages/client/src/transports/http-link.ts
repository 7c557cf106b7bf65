import { toEnd } from './ask.js'
import { createDeadline } from './deadline.js'
import type { Frame, Link, LinkEnd, Round, Transport } from './transport.js'

/** What a transport is opened with, and how one round goes. */
type Asked = Parameters<Transport['open']>
type Read = (round: Round) => Promise<LinkEnd>

/**
 * A link over HTTP: one round, and when its channels change a second that takes its place: with its first frame where
 * rounds are held, else at once, as a browser has few connections.
 */
export function createHttpLink([request, listener]: Asked, isHeld: boolean, read: Read): Link {
  let current: AbortController | undefined
  let next: AbortController | undefined
  /** What is open is to be replaced whatever it reads: its token ends, or it is doubted. */
  let isDue = false
  const close = () => {
    for (const one of [next, current]) one?.abort()
  }
  const begin = (isNeeded = true) => {
    isDue ||= isNeeded
    if (isHeld) next?.abort()
    else close()
    const own = new AbortController()
    const { signal } = own
    next = own
    const end = (why: LinkEnd) => {
      // Its place may be being taken already: that one is the link now, and says how it fares.
      if (signal.aborted || (next && next !== own)) return own.abort()
      // What the server said of this one says nothing of the one that is open.
      const isKept = next && current?.signal.aborted === false && /refused|sent|token/.test(why.kind)
      if (isKept) own.abort()
      else close()
      next = undefined
      listener[isKept ? 'delayed' : 'ended'](why, isDue)
    }
    const expect = createDeadline(request.server.environment, () => {
      if (!isHeld || !next || !current) return end({ kind: 'mute' })
      // Over HTTP/1.1 it may wait for the very connection whose place it is to take.
      close()
      current = undefined
      begin(false)
    })
    signal.addEventListener('abort', () => expect())
    const frame = (one: Frame) => {
      if (signal.aborted) return
      if (own === next) {
        current?.abort()
        current = own
        next = undefined
        isDue = false
      }
      listener.frame(one)
    }
    void read({ ...request, ...listener, signal, expect, frame, change: begin })
      .catch(toEnd)
      .then(end)
  }
  return { change: () => begin(false), check: begin, close, isAsked: true }
}
