import { BrokerUnavailable } from '@gamut/server'
import { createCluster } from '@redis/client'
import { expect, it } from 'vitest'
import { describeWith } from '../../../e2e/support/parts.js'
import { until } from '../../../e2e/support/until.js'
import { startCluster } from './support/cluster.js'
import { startNode } from './support/node.js'

const channels = Array.from({ length: 30 }, (_, index) => `c/${index}`)

describeWith('redis', 'a Redis Cluster', () => {
  it('spreads channels over its masters, and announces within one shard', async () => {
    const cluster = await startCluster()
    const node = await startNode({ cluster: cluster.map(({ url }) => url) })
    await Promise.all(channels.map((channel) => node.append(channel, '1')))
    const client = createCluster({ rootNodes: cluster.map(({ url }) => ({ url })) })
    await client.connect()
    for (const { client: master } of client.masters) {
      const stats = String(await (await master)?.sendCommand(['INFO', 'commandstats']))
      expect(stats).toMatch(/cmdstat_xadd:calls=\d/)
      expect(stats).toMatch(/cmdstat_spublish:calls=\d/)
      expect(stats).not.toMatch(/cmdstat_publish:/)
    }
    client.destroy()
  }, 60_000)

  it('serves the channels of its other masters while one is frozen (I15)', async () => {
    const cluster = await startCluster()
    const node = await startNode({ cluster: cluster.map(({ url }) => url), commandTimeoutMs: 1_000 })
    const outcomes = () =>
      Promise.all(
        channels.map(async (channel) => {
          const outcome: unknown = await node.append(channel, '1').catch((error: unknown) => error)
          return outcome instanceof BrokerUnavailable ? 'refused' : typeof outcome
        }),
      )
    expect(new Set(await outcomes())).toEqual(new Set(['string']))
    const pid = cluster[0]?.pid ?? 0
    process.kill(pid, 'SIGSTOP')
    await until(async () => {
      const seen = new Set(await outcomes())
      return seen.size === 2 && seen.has('refused') && seen.has('string')
    })
    expect(node.path).toHaveLength(1)
    process.kill(pid, 'SIGCONT')
    await until(() => node.path.at(-1) === 'restored')
    expect(new Set(await outcomes())).toEqual(new Set(['string']))
  }, 60_000)

  it("takes the application's own client and leaves it open", async () => {
    const cluster = await startCluster()
    const client = createCluster({ rootNodes: cluster.map(({ url }) => ({ url })) })
    await client.connect()
    const node = await startNode({ client })
    await node.append('c', '1')
    await node.broker.close()
    expect(await client.sendCommand('a', true, ['EXISTS', 'a'])).toBe(0)
    client.destroy()
  }, 60_000)
})
