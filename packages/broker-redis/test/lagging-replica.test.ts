import { createRedisBroker } from '@gamut/broker-redis'
import type { ChannelName, Cursor } from '@gamut/protocol'
import { openReader, takeKind, takeMessages } from '@gamut/testing'
import { expect, it } from 'vitest'
import { describeWith } from '../../../e2e/support/parts.js'
import { startRedis } from '../../../e2e/support/redis.js'
import { command, replicated } from '../../../e2e/support/redis-command.js'
import { openRelay } from '../../../e2e/support/relay.js'
import { startServer } from '../../../e2e/support/start-server.js'
import { until } from '../../../e2e/support/until.js'
import { startNode } from './support/node.js'

/** A master and its replica, and an address that leads to the one and, after `fail`, to the other. */
async function startPair() {
  const master = await startRedis()
  const replica = await startRedis(['--replicaof', '127.0.0.1', String(master.port)])
  const relay = await openRelay(master.port)
  await until(async () =>
    (await command(replica.url, 'INFO', 'replication')).includes('master_link_status:up'),
  )
  return {
    relay,
    /** From now on the replica gets nothing. A stopped one would still find what is in its kernel's buffer. */
    detach: async () => {
      await replicated(master.url, replica.url)
      await command(replica.url, 'REPLICAOF', 'NO', 'ONE')
    },
    fail: (old?: 'cut' | 'left') => relay.lead(replica.port, old),
    demote: () => command(master.url, 'REPLICAOF', '127.0.0.1', String(replica.port)),
  }
}

describeWith('redis', 'a lagging replica that is promoted', () => {
  it('is told as diverged on resume, although all offsets are used again (I10)', async () => {
    const { relay, detach, fail } = await startPair()
    const node = await startNode({ url: relay.url })
    const kept = (await node.append('c', '1', '2', '3')) as Cursor
    await detach()
    const four = (await node.append('c', '"lost 4"')) as Cursor
    const five = (await node.append('c', '"lost 5"')) as Cursor
    fail()
    await until(() => node.path.at(-1) === 'restored')
    await node.append('c', '"new 4"', '"new 5"', '"new 6"')

    const left = ['1', '2', '3', '"new 4"', '"new 5"', '"new 6"']
    expect(await node.from('c', { cursor: four })).toEqual(['diverged', ...left])
    expect(await node.from('c', { cursor: five })).toEqual(['diverged', ...left])
    expect(await node.from('c', { cursor: kept })).toEqual(['"new 4"', '"new 5"', '"new 6"'])
  })

  it('is told as diverged on a stream that lives through it (I10, I11)', async () => {
    const { relay, detach, fail } = await startPair()
    const { gamut, url } = await startServer({ broker: createRedisBroker({ url: relay.url }) })
    await gamut.publish('c', 3)
    await detach()
    const reader = openReader('sse', { origin: url, channel: 'c', cursor: 'oldest' })
    await gamut.publish('c', 'lost 4')
    await gamut.publish('c', 'lost 5')
    await takeMessages(reader, 3)
    fail()
    await until(() =>
      gamut.publish('c', 'new').then(
        () => true,
        () => false,
      ),
    )
    expect((await takeKind(reader, 'gap')).reason).toBe('diverged')
    const after = await takeMessages(reader, 2)
    expect(after.map(({ message }) => message.data)).toEqual(['3', '"new"'])
    reader.close()
  })

  it('is found although connections to the old master are left open (I15)', async () => {
    const { relay, detach, demote, fail } = await startPair()
    const node = await startNode({ url: relay.url })
    await node.broker.watch(['c' as ChannelName])
    await node.append('c', '1')
    await detach()
    const lost = (await node.append('c', '"lost"')) as Cursor
    fail('left')
    await demote()
    await until(() => node.path.at(-1) === 'restored')
    const cursor = await node.append('c', '"new"')
    await until(() => node.batches.some((batch) => batch.cursor === cursor))
    expect(await node.from('c', { cursor: lost })).toEqual(['diverged', '1', '"new"'])
  })
})
