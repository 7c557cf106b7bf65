import {
  type Broker,
  type BrokerListener,
  BrokerUnavailable,
  type Clock,
  createMemoryBroker,
} from '@gamut/server'

/** A store that several nodes share and that outlives each of them. */
export interface SharedBroker {
  /** The broker of one more node. Closing it closes nothing of the others'. */
  join(): Broker
}

/** Keeps all logs in memory, as a store beside the nodes would. */
export function createSharedBroker(clock: Clock, epoch: string): SharedBroker {
  const store = createMemoryBroker({ clock, epoch })
  const listeners = new Set<BrokerListener>()
  let started: Promise<void> | undefined

  function join(): Broker {
    let own: BrokerListener | undefined
    const live = () => {
      if (!own || !listeners.has(own)) throw new BrokerUnavailable('This node is dead.')
      return store
    }
    return {
      start: async (listener, settings) => {
        own = listener
        listeners.add(listener)
        started ??= store.start(
          {
            onBatch: (batch) => {
              for (const one of [...listeners]) one.onBatch(batch)
            },
            onInterrupted: () => {},
            onRestored: () => {},
          },
          settings,
        )
        await started
      },
      append: async (...given) => live().append(...given),
      read: async (...given) => live().read(...given),
      heads: async (channels) => live().heads(channels),
      watch: async (channels) => live().watch(channels),
      // Another node may watch it still.
      unwatch: () => {},
      close: async () => {
        if (own) listeners.delete(own)
      },
    }
  }
  return { join }
}
