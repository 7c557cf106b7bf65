import type { ChannelName } from '@gamut/protocol'
import { type Broker, type BrokerListener, BrokerUnavailable } from '../../src/broker/broker.js'

/** A memory broker that several nodes share. */
export interface Store {
  readonly broker: Broker
  readonly nodes: Set<{ readonly listener: BrokerListener; readonly watched: Set<ChannelName> }>
}

/** One node on a memory broker that several share: enough to show that the suite's tests of several nodes can pass. */
export function nodeOn({ broker, nodes }: Store): Broker {
  const watched = new Set<ChannelName>()
  let open = false
  return {
    start: async (listener, settings) => {
      open = true
      nodes.add({ listener, watched })
      const onBatch: BrokerListener['onBatch'] = (batch) => {
        for (const node of nodes) if (node.watched.has(batch.channel)) node.listener.onBatch(batch)
      }
      if (nodes.size === 1) await broker.start({ ...listener, onBatch }, settings)
    },
    append: async (...append) => {
      if (!open) throw new BrokerUnavailable('closed')
      return broker.append(...append)
    },
    read: (...read) => broker.read(...read),
    heads: (channels) => broker.heads(channels),
    watch: async (channels) => {
      for (const channel of channels) watched.add(channel)
      await broker.watch(channels)
    },
    unwatch: (channels) => {
      for (const channel of channels) watched.delete(channel)
    },
    close: async () => {
      open = false
      watched.clear()
    },
  }
}
