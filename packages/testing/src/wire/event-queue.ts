/** Items in order, for one taker that may come before or after them. */
export interface EventQueue<T> {
  push(item: T): void
  /** Nothing more will come. What is queued can still be taken. */
  end(): void
  /** The next item; `undefined` once the queue has ended and is empty. */
  next(): Promise<T | undefined>
}

/** Creates an empty queue. It has no bound: whoever fills it stops its source where that matters. */
export function createEventQueue<T>(): EventQueue<T> {
  let items: T[] = []
  let taken = 0
  let ended = false
  const takers: ((item: T | undefined) => void)[] = []

  return {
    push: (item) => {
      if (ended) return
      const taker = takers.shift()
      if (taker) taker(item)
      else items.push(item)
    },
    end: () => {
      ended = true
      for (const taker of takers.splice(0)) taker(undefined)
    },
    next: () => {
      if (taken < items.length) {
        const item = items[taken++]
        // Cutting the front off one by one would cost the square of a long backlog.
        if (taken > 1024 && taken * 2 > items.length) {
          items = items.slice(taken)
          taken = 0
        }
        return Promise.resolve(item)
      }
      return ended ? Promise.resolve(undefined) : new Promise((resolve) => takers.push(resolve))
    },
  }
}
