import { createDeferred } from './deferred.js'
import type { WireEnd } from './raw-connection.js'
import type { ClosedEvent, ReaderEvent } from './reader-event.js'

/** What a transport's reading works with: where its events go, and how it is stopped. */
export interface Feed {
  emit(event: ReaderEvent): void
  /** Aborted when the reader is closed. */
  readonly signal: AbortSignal
  /** Takes the connection that pausing and closing act on, until the next one. Counts a request. */
  use(connection: FlowingConnection): void
  /** Resolves at once unless the reader is paused. */
  flowing(): Promise<void>
}

/** A connection that can be held. */
export interface FlowingConnection {
  pause(): void
  resume(): void
  close(): void
  readonly bytesRead: number
}

/** What reading has cost. */
export interface ReadCost {
  readonly requests: number
  readonly bytesRead: number
}

/** A feed and its other side. */
export interface FeedControl {
  readonly feed: Feed
  pause(): void
  resume(): void
  close(): void
  cost(): ReadCost
}

/** The event that ends a reader. */
export function closedEvent(how: WireEnd, more: Omit<ClosedEvent, 'kind' | 'how'> = {}): ClosedEvent {
  return { kind: 'closed', how, ...more }
}

/** Creates the feed of one reader. */
export function createFeed(emit: (event: ReaderEvent) => void): FeedControl {
  const stop = new AbortController()
  let connection: FlowingConnection | undefined
  let gate: ReturnType<typeof createDeferred<void>> | undefined
  let requests = 0
  let bytesBefore = 0

  return {
    feed: {
      emit,
      signal: stop.signal,
      use: (next) => {
        bytesBefore += connection?.bytesRead ?? 0
        connection = next
        requests++
        if (gate) next.pause()
        if (stop.signal.aborted) next.close()
      },
      flowing: async () => gate?.promise,
    },
    pause: () => {
      gate ??= createDeferred()
      connection?.pause()
    },
    resume: () => {
      gate?.resolve()
      gate = undefined
      connection?.resume()
    },
    close: () => {
      stop.abort()
      gate?.resolve()
      gate = undefined
      connection?.close()
    },
    cost: () => ({ requests, bytesRead: bytesBefore + (connection?.bytesRead ?? 0) }),
  }
}
