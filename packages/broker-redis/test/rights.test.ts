import { readFile } from 'node:fs/promises'
import type { ChannelName } from '@gamut/protocol'
import { expect, it } from 'vitest'
import { describeWith } from '../../../e2e/support/parts.js'
import { type RunningRedis, startRedis } from '../../../e2e/support/redis.js'
import { startCluster } from '../../../e2e/support/redis-cluster.js'
import { command } from '../../../e2e/support/redis-command.js'
import { until } from '../../../e2e/support/until.js'
import { roomy, startNode } from './support/node.js'

/** What the guide has a user of Redis allowed: of one Redis, and of a Cluster. */
async function rulesOfGuide() {
  const guide = await readFile(new URL('../../../docs/guide/brokers.md', import.meta.url), 'utf8')
  const [, first = '', keys = '', topics = ''] = /`(\+hello [^`]+)` on `(\S+)` and `(\S+)`/.exec(guide) ?? []
  const [, more = ''] = /`(\+cluster\|slots [^`]+)`/.exec(guide) ?? []
  const one = [...first.split(/\s+/), keys, topics]
  return { one, cluster: [...one, ...more.split(/\s+/)] }
}

async function asUser({ url }: RunningRedis, rules: readonly string[]): Promise<string> {
  await command(url, 'ACL', 'SETUSER', 'gamut', 'on', '>secret', 'resetchannels', ...rules)
  return url.replace('//', '//gamut:secret@')
}

describeWith('redis', 'a user of Redis', () => {
  it('needs no more than the guide says', async () => {
    const redis = await startRedis()
    const url = await asUser(redis, (await rulesOfGuide()).one)
    const settings = { keyed: { maxKeys: 2, ageMs: 1_000 }, retention: { ...roomy.retention, count: 3 } }
    const node = await startNode({ url }, { ...settings, idempotency: { windowMs: 60_000, maxKeys: 1 } })
    const channel = 'c' as ChannelName
    await node.broker.watch([channel])
    for (const key of ['a', 'b', 'c', 'd'])
      await node.broker.append(channel, [{ key, data: '1', id: key, hash: key }], { publisher: 'p' })
    await node.broker.append(channel, [{ key: 'a', deleted: true }], { publisher: 'p' })
    await until(async () => (await node.from('c', 'snapshot')).length === 0)
    await node.broker.append(channel, [], { publisher: 'p', close: true })
    expect(node.batches.length).toBeGreaterThan(4)
    node.broker.unwatch([channel])
    expect(node.path).toEqual([])
  })

  it('of a Cluster needs no more than the guide says', async () => {
    const { cluster: rules } = await rulesOfGuide()
    const urls = await Promise.all((await startCluster()).map((redis) => asUser(redis, rules)))
    const node = await startNode({ cluster: urls })
    const names = Array.from({ length: 20 }, (_, index) => `c/${index}` as ChannelName)
    await node.broker.watch(names)
    const cursors = await Promise.all(names.map((name) => node.append(name, '1')))
    await until(() => cursors.every((cursor) => node.batches.some((batch) => batch.cursor === cursor)))
    node.broker.unwatch(names)
    expect(node.path).toEqual([])
  }, 60_000)

  it('who may not do it has the start ended, and it is said where the rule is', async () => {
    const redis = await startRedis()
    const url = await asUser(redis, ['+hello', '+ping', '~gamut:*'])
    await expect(startNode({ url })).rejects.toThrow('docs/guide/brokers.md')
  })
})
