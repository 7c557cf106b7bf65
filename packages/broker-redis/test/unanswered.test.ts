import { BrokerUnavailable } from '@gamut/server'
import { expect, it } from 'vitest'
import { describeWith } from '../../../e2e/support/parts.js'
import { startRedis } from '../../../e2e/support/redis.js'
import { startNode } from './support/node.js'

describeWith('redis', 'a Redis that does not answer', () => {
  it('leaves unknown what became of an append, and of a read that there is nothing to know (§13)', async () => {
    const { url, pid } = await startRedis()
    const node = await startNode({ url, commandTimeoutMs: 100 })
    const cursor = await node.append('a', '1')
    process.kill(pid, 'SIGSTOP')
    try {
      const appending = node.append('a', '2').catch((error: unknown) => error)
      const reading = node.from('a', 'oldest').catch((error: unknown) => error)
      const heading = node.head('a').catch((error: unknown) => error)
      expect(await appending).not.toBeInstanceOf(BrokerUnavailable)
      expect(await reading).toBeInstanceOf(BrokerUnavailable)
      expect(await heading).toBeInstanceOf(BrokerUnavailable)
    } finally {
      process.kill(pid, 'SIGCONT')
    }
    expect(cursor).toContain('.1.')
  })

  it('has so many appends wait and no more, each refused one told so at once (I18)', async () => {
    const { url, pid } = await startRedis()
    const node = await startNode({ url }, { retention: { count: 10, bytes: 1_000, ageMs: 60_000 } })
    process.kill(pid, 'SIGSTOP')
    const waiting = Array.from({ length: 50_000 }, () => node.append('a', '1'))
    const refused = await node.append('a', '2').catch((error: unknown) => error)
    process.kill(pid, 'SIGCONT')
    expect(refused).toBeInstanceOf(BrokerUnavailable)
    expect(await Promise.all(waiting)).toHaveLength(50_000)
    expect(await node.append('a', '3')).toContain('.50001.')
  })
})
