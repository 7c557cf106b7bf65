import type { ChannelName, Cursor } from '@gamut/protocol'
import { BrokerUnavailable } from '@gamut/server'
import { expect, it } from 'vitest'
import { describeWith } from '../../../e2e/support/parts.js'
import { startRedis } from '../../../e2e/support/redis.js'
import { command } from '../../../e2e/support/redis-command.js'
import { until } from '../../../e2e/support/until.js'
import { roomy, startNode } from './support/node.js'

async function startOne(settings = {}) {
  const redis = await startRedis()
  const node = await startNode({ url: redis.url }, settings)
  const keyOf = async (part: string) => {
    const keys = (await command(redis.url, 'KEYS', `gamut:*:${part}`)).split(',')
    return keys[0] ?? ''
  }
  return { redis, node, keyOf, run: (...args: string[]) => command(redis.url, ...args) }
}

describeWith('redis', 'what is stored in Redis', () => {
  it('says epoch when the log of a channel was deleted (§5)', async () => {
    const { node, keyOf, run } = await startOne()
    const cursor = (await node.append('c', '1', '2')) as Cursor
    await run('DEL', await keyOf('s'))
    expect(await node.from('c', { cursor })).toEqual(['epoch'])
    await node.append('c', '3')
    expect(await node.from('c', { cursor })).toEqual(['epoch', '3'])
  })

  it('says epoch when what is known of a channel was deleted (§5)', async () => {
    const { node, keyOf, run } = await startOne()
    const empty = (await node.head('c')) as Cursor
    const cursor = (await node.append('c', '1', '2')) as Cursor
    await run('DEL', await keyOf('m'))
    for (const held of [empty, cursor]) expect(await node.from('c', { cursor: held })).toEqual(['epoch'])
  })

  it('says epoch when an entry is missing in the middle (I5)', async () => {
    const { node, keyOf, run } = await startOne()
    const first = (await node.append('c', '1')) as Cursor
    await node.append('c', '2', '3')
    await run('XDEL', await keyOf('s'), '2-0')
    expect(await node.from('c', { cursor: first })).toEqual(['epoch'])
  })

  it('says epoch once a channel that nobody wrote for long is forgotten, to whoever knew it empty too (§5)', async () => {
    const { redis, node, keyOf, run } = await startOne()
    const empty = (await node.head('c')) as Cursor
    const cursor = (await node.append('c', '1')) as Cursor
    const lives = Number(await run('PTTL', await keyOf('m')))
    const data = Number(await run('PTTL', await keyOf('s')))
    expect(data).toBeGreaterThan(3_600_000)
    expect(lives).toBeGreaterThan(data)
    // What two days do: the keys are gone, and the bucket's generation is as old.
    const bucket = (await keyOf('m')).replace(/\}.*$/, '}')
    await run('DEL', await keyOf('m'), await keyOf('s'))
    await run('HSET', bucket, 't', String(Date.now() - 2 * 24 * 3_600_000))
    for (const held of [empty, cursor]) expect(await node.from('c', { cursor: held })).toEqual(['epoch'])
    expect(await run('EXISTS', await keyOf('m'))).toBe('0')
    const other = await startNode({ url: redis.url })
    expect(await other.head('c')).toBe(await node.head('c'))
  })

  it('tells whoever holds keys that have died unseen to read anew (§2, §5)', async () => {
    const { node, keyOf, run } = await startOne({ keyed: { maxKeys: 9, ageMs: 1_000 } })
    const channel = 'c' as ChannelName
    await node.broker.append(channel, [{ key: 'k', data: '1' }], { publisher: 'p' })
    const cursor = (await node.head('c')) as Cursor
    expect(await node.from('c', { cursor })).toEqual([])
    // What the time of all data does, with nobody there to see keys end before: it is over, and Redis has taken them.
    const past = "redis.call('HSET', KEYS[1], 'p', p:sub(1, 40) .. struct.pack('<d', 1) .. p:sub(49))"
    await run('EVAL', `local p = redis.call('HGET', KEYS[1], 'p') ${past}`, '1', await keyOf('m'))
    await run('DEL', await keyOf('s'), await keyOf('k'), await keyOf('z'))
    expect(await node.from('c', { cursor })).toEqual(['expired'])
    expect(await node.from('c', 'snapshot')).toEqual([])
    await node.broker.append(channel, [{ key: 'k', data: '2' }], { publisher: 'p' })
    expect(await node.from('c', { cursor })).toEqual(['expired', '2'])
  })

  it('keeps the mark of a closed channel for good, and lets its data go (§3)', async () => {
    const { node, keyOf, run } = await startOne()
    await node.broker.append('c' as ChannelName, [{ data: '1' }], { publisher: 'p', close: true })
    expect(await run('PTTL', await keyOf('m'))).toBe('-1')
    expect(Number(await run('PTTL', await keyOf('s')))).toBeGreaterThan(0)
  })

  it('creates nothing for names that are only read, and one key a bucket (§4)', async () => {
    const { node, run } = await startOne()
    const names = Array.from({ length: 3_000 }, (_, index) => `r/${index}` as ChannelName)
    expect((await node.broker.heads(names)).size).toBe(3_000)
    expect(Number(await run('DBSIZE'))).toBeLessThanOrEqual(1_025)
  })

  it('refuses a value that is not its own under its key, and leaves it there', async () => {
    const { node, run, keyOf } = await startOne()
    for (const part of ['m', 's', 'j'])
      for (const isAlone of part === 'j' ? [true] : [true, false]) {
        await run('FLUSHALL')
        await node.append('c', '1')
        const key = (await keyOf('m')).replace(/m$/, part)
        await run('DEL', key, ...(isAlone ? (await run('KEYS', key.replace(/.$/, '*'))).split(',') : []))
        await run('SET', key, 'foreign')
        for (const ask of [node.append('c', '2'), node.from('c', 'oldest')]) {
          const refusal: unknown = await ask.catch((error: unknown) => error)
          expect(refusal).toBeInstanceOf(BrokerUnavailable)
          expect(String(refusal)).toContain('another prefix')
        }
        expect(await run('GET', key)).toBe('foreign')
      }
  })

  it('refuses what it cannot read of what is known of a channel', async () => {
    const { node, run, keyOf } = await startOne()
    await node.append('c', '1')
    await run('HSET', await keyOf('m'), 'p', 'foreign')
    await expect(node.append('c', '2')).rejects.toBeInstanceOf(BrokerUnavailable)
    await expect(node.from('c', 'oldest')).rejects.toThrow('another prefix')
  })

  it('refuses data of another format, and says what to do', async () => {
    const { node, run, keyOf } = await startOne()
    await node.append('c', '1')
    await run('HSET', await keyOf('m'), 'v', '2')
    await expect(node.append('c', '2')).rejects.toThrow('has format 2')
    await expect(node.from('c', 'oldest')).rejects.toThrow('Run the version that wrote it')
  })

  it('announces that there is something where a batch is too large to be announced', async () => {
    const { node } = await startOne()
    await node.broker.watch(['c' as ChannelName])
    const cursor = await node.append('c', `"${'x'.repeat(70_000)}"`)
    await until(() => node.batches.some((batch) => batch.cursor === cursor))
    expect(node.batches[0]).toEqual({ channel: 'c', after: cursor, cursor, messages: [] })
  })

  it('finds a head that was never announced (I6)', async () => {
    const { redis, node } = await startOne()
    await node.broker.watch(['c' as ChannelName])
    const other = await startNode({ url: redis.url })
    await node.append('c', '1')
    await until(() => node.batches.length === 1)
    // Taken from the connection as a full output buffer does: the announcement never comes.
    await command(redis.url, 'CLIENT', 'KILL', 'TYPE', 'pubsub')
    const cursor = await other.append('c', '2')
    await until(() => node.batches.some((batch) => batch.cursor === cursor))
  })

  it('loads its scripts again where they were flushed, and keeps the order of appends (I3)', async () => {
    const { node, run } = await startOne()
    await node.append('c', '0')
    await run('SCRIPT', 'FLUSH')
    const data = Array.from({ length: 50 }, (_, index) => String(index + 1))
    await Promise.all(data.map((text) => node.append('c', text)))
    expect(await node.from('c', 'oldest')).toEqual(['0', ...data])
  })

  it('keeps a log whose channel was volatile before, and the other way round', async () => {
    const { redis, node } = await startOne({ volatile: true })
    const first = (await node.append('c', '1', '2')) as Cursor
    const kept = await startNode({ url: redis.url })
    const second = (await kept.append('c', '3')) as Cursor
    await kept.append('c', '4')
    expect(await kept.from('c', { cursor: first })).toEqual(['3', '4'])
    expect(await kept.from('c', { cursor: second })).toEqual(['4'])
    expect(await node.from('c', { cursor: second })).toEqual(['expired'])
    await node.append('c', '5', '6')
    expect(await node.from('c', 'oldest')).toEqual(['6'])
  })

  it('does not read what retention has taken and is not cut off yet (I5)', async () => {
    const { node, keyOf, run } = await startOne({ retention: { ...roomy.retention, count: 100 } })
    const cursors: Cursor[] = []
    for (let index = 0; index < 130; index += 1) cursors.push((await node.append('c', `${index}`)) as Cursor)
    expect(await run('XLEN', await keyOf('s'))).toBe('130')
    expect(await node.from('c', { cursor: cursors[28] as Cursor })).toContain('expired')
    expect(await node.from('c', { cursor: cursors[29] as Cursor })).toHaveLength(100)
    for (let index = 0; index < 40; index += 1) await node.append('c', '"more"')
    expect(Number(await run('XLEN', await keyOf('s')))).toBeLessThan(165)
    expect(await node.from('c', 'oldest')).toHaveLength(100)
  })
})
