import type { ChannelName } from '@gamut/protocol'
import { createVirtualClock } from '@gamut/testing'
import { describeBroker } from '@gamut/testing/suites'
import { type Broker, type BrokerListener, BrokerUnavailable } from '../../src/broker/broker.js'
import { createMemoryBroker } from '../../src/broker/memory.js'

interface Store {
  readonly broker: Broker
  readonly nodes: Set<{ readonly listener: BrokerListener; readonly watched: Set<ChannelName> }>
}

/** One node on a memory broker that several share: enough to show that the suite's tests of several nodes can pass. */
function nodeOn({ broker, nodes }: Store): Broker {
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

describeBroker('that two nodes share', {
  create: async () => {
    const clock = createVirtualClock()
    const store: Store = { broker: createMemoryBroker({ clock }), nodes: new Set() }
    return {
      broker: nodeOn(store),
      advance: clock.advance,
      peer: async () => nodeOn(store),
      destroy: () => store.broker.close(),
    }
  },
  time: 'virtual',
  runs: 20,
})
