import { persist } from './attempts.js'
import type { Client } from './client.js'
import { type Listener, type ReadOptions, Subscription } from './subscription.js'
import { readPath, request } from './transports/ask.js'
import { type Answer, tell } from './transports/poll.js'
import type { Frame, OpenFrame, ReadingFrame } from './transports/transport.js'

/** How much that comes meanwhile is kept; what is not is read. */
const maxWaiting = 1000

/** How often it reads again at once where what the others are told does not follow, and how long it waits from then on, in milliseconds. */
const maxMisses = 3
const restMs = 1000

/** Reads by polls all that is there now. */
async function readAll({ server }: Client, own: Subscription, signal: AbortSignal): Promise<void> {
  for (let more = true; more; ) {
    const wish = own.wish()
    const path = readPath(new Map([[own.channel, wish]]), 'poll')
    const answer: Answer = await (await request(server, path, undefined, { signal })).json()
    let position = ''
    const frame = (told: Frame) => {
      if (told.type === 'error') own.warn(told)
      else position = own.take(position, told as ReadingFrame) ?? ''
    }
    tell({ frame }, answer, wish.cursor)
    // What leads nowhere has nothing more.
    more = answer.more && own.wish().cursor !== wish.cursor
  }
}

/**
 * A late listener has a cursor of its own. Polls bring it to where the others are, then it takes what they take by the rule
 * of all readers (PROTOCOL §8), and is brought there again where that does not follow its own.
 */
function listenLate(client: Client, channel: string, options: ReadOptions, listener: Listener) {
  const own = new Subscription(channel, options, '', client)
  const over = new AbortController()
  let waiting: (() => void)[] | undefined
  const later = (event: () => void) => {
    if (!waiting) event()
    else if (waiting.push(event) > maxWaiting) waiting.shift()
  }
  let misses = 0
  const catchUp = () => {
    const events: (() => void)[] = []
    waiting = events
    const isHasty = ++misses > maxMisses
    const read = async (signal: AbortSignal) => {
      if (isHasty) await new Promise<void>((resolve) => client.environment.after(restMs, resolve))
      await readAll(client, own, signal)
    }
    persist(client, 1 / 0, read, over.signal).then(
      () => {
        waiting = undefined
        events.forEach(later)
      },
      (error) => {
        stop()
        if (error.code !== 'closed') own.finish(error)
      },
    )
  }
  const stopOwn = own.listen(listener)
  catchUp()
  const stopLive = client.listen(channel, options, {
    onFrame: (position, frame) =>
      later(() => {
        // Where the others have begun says nothing; what they are told does.
        if ((frame as OpenFrame).outcome === 'live') return
        if (own.take(position, frame) === undefined) catchUp()
        else misses = 0
      }),
    onEnd: (reason) => later(() => own.finish(reason)),
    onError: (error) => later(() => own.warn(error as never)),
  })
  const stop = () => {
    over.abort()
    stopLive()
  }
  return () => {
    stopOwn()
    stop()
  }
}

/** Listens to a channel, however long others have listened to it: each listener gets what a first one gets. */
export function listen(
  client: Client,
  channel: string,
  options: ReadOptions,
  listener: Listener,
  keptCursor?: string,
): () => void {
  const live = client.subscriptions.get(channel)
  const { cursor, last } = options
  return live && (live.hasBegun || live.options.cursor !== cursor || live.options.last !== last)
    ? listenLate(client, channel, options, listener)
    : client.listen(channel, options, listener, keptCursor)
}
