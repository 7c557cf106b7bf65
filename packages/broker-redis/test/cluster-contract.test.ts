import { setTimeout as wait } from 'node:timers/promises'
import { createRedisBroker } from '@gamut/broker-redis'
import { describeBroker } from '@gamut/testing/suites'
import { beforeAll } from 'vitest'
import { describeWith } from '../../../e2e/support/parts.js'
import { startCluster } from '../../../e2e/support/redis-cluster.js'

describeWith('redis', 'a real Redis Cluster of three masters', () => {
  let cluster: readonly string[]
  let stores = 0
  beforeAll(async () => {
    cluster = (await startCluster()).map(({ url }) => url)
  }, 60_000)

  describeBroker('redis in a Cluster', {
    create: async () => {
      stores += 1
      const prefix = `store${stores}:`
      const node = () => createRedisBroker({ cluster, prefix })
      return { broker: node(), advance: (ms) => wait(ms), peer: async () => node() }
    },
    time: 'real',
    runs: 10,
  })
})
