import { rm } from 'node:fs/promises'
import { createRedisBroker } from '@gamut/broker-redis'
import type { ChannelName, Cursor } from '@gamut/protocol'
import { BrokerUnavailable } from '@gamut/server'
import { expect, it } from 'vitest'
import { freePort } from '../../../e2e/support/free-port.js'
import { describeWith } from '../../../e2e/support/parts.js'
import { startRedis } from '../../../e2e/support/redis.js'
import { command } from '../../../e2e/support/redis-command.js'
import { until } from '../../../e2e/support/until.js'
import { type BrokerNode, roomy, startNode } from './support/node.js'

/** Within this time a node has to notice. */
const noticeMs = 5_000

async function timed(act: () => Promise<unknown>): Promise<number> {
  const begun = performance.now()
  await act()
  return performance.now() - begun
}

async function expectRestored(node: BrokerNode): Promise<void> {
  await until(() => node.path.at(-1) === 'restored')
  expect(await node.append('c', '"after"')).toMatch(/\./)
}

describeWith('redis', 'a Redis that is in trouble', () => {
  it('is noticed when it was demoted with its connections left open (I15)', async () => {
    const [redis, other] = [await startRedis(), await startRedis()]
    const node = await startNode({ url: redis.url })
    await node.append('c', '1')
    await command(redis.url, 'REPLICAOF', '127.0.0.1', String(other.port))
    await expect(node.append('c', '2')).rejects.toBeInstanceOf(BrokerUnavailable)
    expect(await timed(() => until(() => node.path.length > 0))).toBeLessThan(noticeMs)
    expect(node.path[0]).toContain('replica')
    await command(redis.url, 'REPLICAOF', 'NO', 'ONE')
    await expectRestored(node)
  })

  it('is noticed when it is frozen, and nothing hangs (I15)', async () => {
    const redis = await startRedis()
    const node = await startNode({ url: redis.url, commandTimeoutMs: 1_500 })
    await node.append('c', '1')
    process.kill(redis.pid, 'SIGSTOP')
    const sent = node.append('c', '"unknown"')
    await expect(sent).rejects.toThrow('Redis has not answered')
    await expect(sent).rejects.not.toBeInstanceOf(BrokerUnavailable)
    expect(await timed(() => until(() => node.path.length > 0))).toBeLessThan(noticeMs)
    await until(async () => {
      const refusal: unknown = await node.append('c', '"refused"').catch((error: unknown) => error)
      return refusal instanceof BrokerUnavailable
    })
    process.kill(redis.pid, 'SIGCONT')
    await expectRestored(node)
  })

  it('is noticed when it pauses its clients (I15)', async () => {
    const redis = await startRedis()
    const node = await startNode({ url: redis.url })
    await command(redis.url, 'CLIENT', 'PAUSE', '6000')
    expect(await timed(() => until(() => node.path.length > 0))).toBeLessThan(noticeMs)
    await expectRestored(node)
  })

  it('is noticed when only announcements are cut, and they come again (I6)', async () => {
    const redis = await startRedis()
    const node = await startNode({ url: redis.url })
    await node.broker.watch(['c' as ChannelName])
    await command(redis.url, 'CLIENT', 'KILL', 'TYPE', 'pubsub')
    await until(() => node.path.at(-1) === 'restored')
    const cursor = await node.append('c', '1')
    await until(() => node.batches.some((batch) => batch.cursor === cursor))
  })

  it('has 10,000 channels watched again', async () => {
    const redis = await startRedis()
    const node = await startNode({ url: redis.url })
    const names = Array.from({ length: 10_000 }, (_, index) => `many/${index}` as ChannelName)
    for (let at = 0; at < names.length; at += 1_000) await node.broker.watch(names.slice(at, at + 1_000))
    await command(redis.url, 'CLIENT', 'KILL', 'TYPE', 'pubsub')
    await until(() => node.path.at(-1) === 'restored')
    expect((await node.broker.heads(names)).size).toBe(10_000)
    const some = names.filter((_, index) => index % 100 === 0)
    await Promise.all(some.map((name) => node.append(name, '1')))
    const told = () =>
      node.batches.filter(({ messages }) => messages.length > 0).map(({ channel }) => channel)
    await until(() => told().length === some.length)
  })

  it('is told as epoch when it comes back empty (§5)', async () => {
    const port = await freePort()
    const redis = await startRedis(['--port', String(port)])
    const node = await startNode({ url: `redis://127.0.0.1:${port}` })
    const cursor = (await node.append('c', '1', '2')) as Cursor
    const empty = (await node.head('empty')) as Cursor
    await redis.stop('SIGKILL')
    await until(() => node.path.length > 0)
    await expect(node.append('c', '3')).rejects.toBeInstanceOf(BrokerUnavailable)
    await startRedis(['--port', String(port)])
    await expectRestored(node)
    expect(await node.from('c', { cursor })).toEqual(['epoch', '"after"'])
    expect(await node.from('empty', { cursor: empty })).toEqual(['epoch'])
  })

  it('refuses appends with its reason in words when it is out of memory, and stores nothing of them', async () => {
    const redis = await startRedis()
    const node = await startNode({ url: redis.url })
    const cursor = (await node.append('c', '1')) as Cursor
    await command(redis.url, 'CONFIG', 'SET', 'maxmemory', '1')
    const refused = node.append('c', '2')
    await expect(refused).rejects.toBeInstanceOf(BrokerUnavailable)
    await expect(refused).rejects.toThrow('memory')
    expect(await node.from('c', 'oldest')).toEqual(['1'])
    await command(redis.url, 'CONFIG', 'SET', 'maxmemory', '0')
    await node.append('c', '3')
    expect(await node.from('c', { cursor })).toEqual(['3'])
    expect(node.path).toEqual([])
  })

  it('refuses appends with its reason in words when it has too few replicas, and stores nothing of them', async () => {
    const redis = await startRedis()
    const node = await startNode({ url: redis.url })
    const cursor = (await node.append('c', '1')) as Cursor
    await command(redis.url, 'CONFIG', 'SET', 'min-replicas-to-write', '1')
    const refused = node.append('c', '2')
    await expect(refused).rejects.toBeInstanceOf(BrokerUnavailable)
    await expect(refused).rejects.toThrow('fewer replicas')
    expect(await node.from('c', { cursor })).toEqual([])
    await command(redis.url, 'CONFIG', 'SET', 'min-replicas-to-write', '0')
    await node.append('c', '3')
    expect(await node.from('c', { cursor })).toEqual(['3'])
    expect(node.path).toEqual([])
  })

  it('says so where it refuses the password of a node that it had let in', async () => {
    const redis = await startRedis(['--requirepass', 'old'])
    const as = (password: string) => redis.url.replace('//', `//:${password}@`)
    const node = await startNode({ url: as('old') })
    await node.append('a', '1')
    await command(as('old'), 'CONFIG', 'SET', 'requirepass', 'new')
    for (const type of ['normal', 'pubsub']) await command(as('new'), 'CLIENT', 'KILL', 'TYPE', type)
    const reason = async () => String(await node.append('a', '2').catch((error: unknown) => error))
    await until(async () => (await reason()).includes('does not accept this user and password'))
  })

  it('refuses appends with its reason in words when it cannot save to disk, and is not taken for gone', async () => {
    const redis = await startRedis()
    await command(redis.url, 'CONFIG', 'SET', 'save', '1000 1000')
    const node = await startNode({ url: redis.url })
    await node.append('c', '1')
    const [, folder = ''] = (await command(redis.url, 'CONFIG', 'GET', 'dir')).split(',')
    await rm(folder, { recursive: true })
    await command(redis.url, 'BGSAVE')
    const info = (section: string) => command(redis.url, 'INFO', section)
    await until(async () => (await info('persistence')).includes('rdb_last_bgsave_status:err'))
    const refused = node.append('c', '2')
    await expect(refused).rejects.toBeInstanceOf(BrokerUnavailable)
    await expect(refused).rejects.toThrow('disk')
    expect(await node.from('c', 'oldest')).toEqual(['1'])
    await until(async () => /cmdstat_ping:.*rejected_calls=[2-9]/.test(await info('commandstats')))
    expect(node.path).toEqual([])
  })

  it('refuses to start without the password, and tells nobody which was tried', async () => {
    const redis = await startRedis(['--requirepass', 'right'])
    const url = `redis://user:wr0ng@127.0.0.1:${redis.port}`
    const start = startNode({ url, commandTimeoutMs: 1_000 })
    await expect(start).rejects.toBeInstanceOf(BrokerUnavailable)
    const text = await start.catch((error: Error) => `${error.stack} ${JSON.stringify(error)} ${error.cause}`)
    expect(text).not.toContain('wr0ng')
    expect(text).toMatch(/password/)
  })

  it('is waited for when it is not there yet, and its address is told without the password', async () => {
    const port = await freePort()
    const broker = createRedisBroker({ url: `redis://:s3cret@127.0.0.1:${port}` })
    const told: string[] = []
    const onInterrupted = (reason: string) => told.push(reason)
    const start = broker.start({ onBatch: () => {}, onInterrupted, onRestored: () => {} }, () => roomy)
    await until(() => told.length > 0)
    expect(told.join()).not.toContain('s3cret')
    await startRedis(['--port', String(port), '--requirepass', 's3cret'])
    await start
    await broker.close()
  })

  it('ends the wait for one that never comes when it is closed', async () => {
    const broker = createRedisBroker({ url: `redis://127.0.0.1:${await freePort()}` })
    const told: string[] = []
    const onInterrupted = (reason: string) => told.push(reason)
    const start = broker.start({ onBatch: () => {}, onInterrupted, onRestored: () => {} }, () => roomy)
    await until(() => told.length > 0)
    await Promise.all([expect(start).rejects.toBeInstanceOf(BrokerUnavailable), broker.close()])
  })
})
