import { createVirtualClock } from '@gamut/testing'
import { describeBroker } from '@gamut/testing/suites'
import { createMemoryBroker } from '../../src/broker/memory.js'
import { nodeOn, type Store } from './shared-store.js'

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
