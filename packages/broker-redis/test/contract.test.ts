import { setTimeout as wait } from 'node:timers/promises'
import { createRedisBroker } from '@gamut/broker-redis'
import { describeBroker } from '@gamut/testing/suites'
import { beforeAll } from 'vitest'
import { describeWith } from '../../../e2e/support/parts.js'
import { type RunningRedis, startRedis } from '../../../e2e/support/redis.js'

describeWith('redis', 'a real Redis', () => {
  let redis: RunningRedis
  let stores = 0
  beforeAll(async () => {
    redis = await startRedis()
  })

  describeBroker('redis', {
    create: async () => {
      stores += 1
      const prefix = `store${stores}:`
      const node = () => createRedisBroker({ url: redis.url, prefix })
      return { broker: node(), advance: (ms) => wait(ms), peer: async () => node() }
    },
    time: 'real',
    runs: 30,
  })
})
