import type { ChannelName } from '@gamut/protocol'
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

/** What servers tell each other is numbered by itself, so that the offsets of a test are those of its own messages. */
function createStores(clock: Clock, epoch: string) {
  const own = createMemoryBroker({ clock, epoch })
  const application = createMemoryBroker({ clock, epoch })
  const all = [own, application]
  const storeOf = (channel: ChannelName) => (channel.startsWith('$') ? own : application)
  return {
    all,
    storeOf,
    split: (channels: readonly ChannelName[]) =>
      all.map((store) => [store, channels.filter((channel) => storeOf(channel) === store)] as const),
  }
}

function announceTo(listeners: ReadonlySet<BrokerListener>): BrokerListener {
  return {
    onBatch: (batch) => {
      for (const one of [...listeners]) one.onBatch(batch)
    },
    onInterrupted: () => {},
    onRestored: () => {},
  }
}

/** Keeps all logs in memory, as a store beside the nodes would. */
export function createSharedBroker(clock: Clock, epoch: string): SharedBroker {
  const { all, storeOf, split } = createStores(clock, epoch)
  const listeners = new Set<BrokerListener>()
  let started: Promise<unknown> | undefined

  const toAll = announceTo(listeners)

  function join(): Broker {
    let self: BrokerListener | undefined
    const reach = () => {
      if (!self || !listeners.has(self)) throw new BrokerUnavailable('This node is dead.')
    }
    return {
      start: async (listener, settings) => {
        self = listener
        listeners.add(listener)
        started ??= Promise.all(all.map((store) => store.start(toAll, settings)))
        await started
      },
      append: async (channel, ...given) => {
        reach()
        return storeOf(channel).append(channel, ...given)
      },
      read: async (channel, ...given) => {
        reach()
        return storeOf(channel).read(channel, ...given)
      },
      heads: async (channels) => {
        reach()
        // A node looks for revocations four times a second of its time: most of what a long night takes.
        const [only] = channels
        if (only !== undefined && channels.length === 1) return storeOf(only).heads(channels)
        const found = await Promise.all(split(channels).map(([store, some]) => store.heads(some)))
        return new Map(found.flatMap((heads) => [...heads]))
      },
      watch: async (channels) => {
        reach()
        await Promise.all(split(channels).map(([store, some]) => store.watch(some)))
      },
      // Another node may watch it still.
      unwatch: () => {},
      close: async () => {
        if (self) listeners.delete(self)
      },
    }
  }
  return { join }
}
