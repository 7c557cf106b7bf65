import { createRedisBroker } from '@gamut/broker-redis'
import type { ChannelName, Cursor } from '@gamut/protocol'
import { BrokerUnavailable } from '@gamut/server'
import { expect, it } from 'vitest'
import { freePort } from '../../../e2e/support/free-port.js'
import { describeWith } from '../../../e2e/support/parts.js'
import { command, replicated } from '../../../e2e/support/redis-command.js'
import { startWatchedRedis } from '../../../e2e/support/redis-sentinels.js'
import { until } from '../../../e2e/support/until.js'
import { roomy, startNode } from './support/node.js'

const channel = 'c' as ChannelName

describeWith('redis', 'a Redis that Sentinels watch', () => {
  it('is followed to its new master, with all that is watched (I6, I15)', async () => {
    const { master, replica, sentinels } = await startWatchedRedis('hush')
    const secret = (port: number) => `redis://:hush@127.0.0.1:${port}`
    const node = await startNode({ sentinels, master: 'redis://:hush@mymaster' })
    await node.broker.watch([channel])
    const first = (await node.append('c', '1')) as Cursor
    await replicated(secret(master.port), secret(replica.port))
    await master.stop('SIGKILL')
    await until(() => node.path.length > 0)
    await expect(node.append('c', '"refused"')).rejects.toBeInstanceOf(BrokerUnavailable)
    await until(() => node.path.at(-1) === 'restored')
    const cursor = await node.append('c', '2')
    await until(() => node.batches.some((batch) => batch.cursor === cursor))
    expect(await node.from('c', { cursor: first })).toEqual(['2'])
  }, 60_000)

  it('is left where its Sentinels have made another the master', async () => {
    const { replica, sentinels } = await startWatchedRedis()
    const node = await startNode({ sentinels, master: 'redis://mymaster/2' })
    await node.append('c', '1')
    await command(sentinels[0] ?? '', 'SENTINEL', 'FAILOVER', 'mymaster')
    await until(() => node.path.at(-1) === 'restored')
    await node.append('c', '2')
    expect(await command(`${replica.url}/2`, 'INFO', 'replication')).toContain('role:master')
    expect(await command(`${replica.url}/2`, 'KEYS', '*:s')).toContain('gamut:')
  }, 60_000)

  it('ends the start where its Sentinels watch none of this name', async () => {
    const { sentinels } = await startWatchedRedis()
    await expect(startNode({ sentinels, master: 'redis://other' })).rejects.toThrow('by the name other')
  }, 60_000)

  it('is waited for where no Sentinel answers, until it is closed', async () => {
    const sentinels = [`redis://127.0.0.1:${await freePort()}`]
    const broker = createRedisBroker({ sentinels, master: 'redis://:s3cret@mymaster' })
    const told: string[] = []
    const onInterrupted = (reason: string) => told.push(reason)
    const start = broker.start({ onBatch: () => {}, onInterrupted, onRestored: () => {} }, () => roomy)
    await until(() => told.length > 0)
    expect(told.join()).toContain('no Sentinel says')
    expect(told.join()).not.toContain('s3cret')
    await Promise.all([expect(start).rejects.toBeInstanceOf(BrokerUnavailable), broker.close()])
  })
})
