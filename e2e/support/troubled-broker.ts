import { type Broker, createMemoryBroker } from '@gamut/server'

/** A memory broker that can be made to fail. */
export interface TroubledBroker extends Broker {
  /** What every read and append is rejected with from now on; `undefined` ends it. */
  trouble: Error | undefined
}

/** Makes one that works until its `trouble` is set. */
export function createTroubledBroker(): TroubledBroker {
  const broker = createMemoryBroker()
  const troubled: TroubledBroker = {
    trouble: undefined,
    start: (listener, settings) => broker.start(listener, settings),
    append: async (...args) => {
      if (troubled.trouble) throw troubled.trouble
      return broker.append(...args)
    },
    read: async (...args) => {
      if (troubled.trouble) throw troubled.trouble
      return broker.read(...args)
    },
    heads: async (channels) => {
      if (troubled.trouble) throw troubled.trouble
      return broker.heads(channels)
    },
    watch: async (channels) => {
      if (troubled.trouble) throw troubled.trouble
      return broker.watch(channels)
    },
    unwatch: (channels) => broker.unwatch(channels),
    close: () => broker.close(),
  }
  return troubled
}
