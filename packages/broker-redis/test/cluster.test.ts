import { createRedisBroker } from '@gamut/broker-redis'
import type { ChannelName, Cursor } from '@gamut/protocol'
import { BrokerUnavailable } from '@gamut/server'
import { createCluster } from '@redis/client'
import { expect, it } from 'vitest'
import { freePort } from '../../../e2e/support/free-port.js'
import { describeWith } from '../../../e2e/support/parts.js'
import { addReplica, startCluster } from '../../../e2e/support/redis-cluster.js'
import { command, replicated } from '../../../e2e/support/redis-command.js'
import { openRelay } from '../../../e2e/support/relay.js'
import { until } from '../../../e2e/support/until.js'
import { roomy, startNode } from './support/node.js'

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

  it('goes on with the replica of a master that was killed, announcements too (I6)', async () => {
    const cluster = await startCluster()
    const [master] = cluster
    if (!master) expect.fail('no master')
    const replica = await addReplica(master, cluster)
    const node = await startNode({ cluster: cluster.map(({ url }) => url) })
    const names = channels as ChannelName[]
    await node.broker.watch(names)
    const before = await Promise.all(names.map((name) => node.append(name, '1')))
    await replicated(master.url, replica.url)
    await master.stop('SIGKILL')
    await until(() => node.path.length > 0)
    await command(replica.url, 'CLUSTER', 'FAILOVER', 'TAKEOVER')
    await until(() => node.path.at(-1) === 'restored')
    const after = await Promise.all(names.map((name) => node.append(name, '2')))
    await until(() => after.every((cursor) => node.batches.some((batch) => batch.cursor === cursor)))
    for (const [index, name] of names.entries())
      expect(await node.from(name, { cursor: before[index] as Cursor })).toEqual(['2'])
  }, 60_000)

  it('is waited for when it is not there yet', async () => {
    const relay = await openRelay(await freePort())
    const broker = createRedisBroker({ cluster: [relay.url] })
    const told: string[] = []
    const onInterrupted = (reason: string) => told.push(reason)
    const start = broker.start({ onBatch: () => {}, onInterrupted, onRestored: () => {} }, () => roomy)
    await until(() => told.length > 0)
    const [node] = await startCluster()
    relay.lead(node?.port ?? 0)
    await start
    expect((await broker.heads(channels as ChannelName[])).size).toBe(channels.length)
    await broker.close()
  }, 60_000)
})
