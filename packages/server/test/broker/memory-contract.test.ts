import { createVirtualClock } from '@gamut/testing'
import { describeBroker } from '@gamut/testing/suites'
import { createMemoryBroker } from '../../src/broker/memory.js'

const oneNode = 'a memory broker is the store of one process, so there is no second node'

describeBroker('memory', {
  create: async () => {
    const clock = createVirtualClock()
    return { broker: createMemoryBroker({ clock }), advance: clock.advance }
  },
  time: 'virtual',
  runs: 300,
  skips: {
    'announces to every node what one of them appends, in one order (I3)': oneNode,
    "resumes on every node from another node's cursor (I11)": oneNode,
    'stores one entry when the same append reaches several nodes (I2)': oneNode,
    'ends a channel on every node (§3)': oneNode,
  },
})
