import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRedisBroker } from '@gamut/broker-redis'
import type { ChannelName } from '@gamut/protocol'
import { createClient, createSentinel } from '@redis/client'
import { expect, it } from 'vitest'
import { endWithTest } from '../../../e2e/support/end-with-test.js'
import { freePort } from '../../../e2e/support/free-port.js'
import { describeWith } from '../../../e2e/support/parts.js'
import { startRedis } from '../../../e2e/support/redis.js'
import { startCluster } from '../../../e2e/support/redis-cluster.js'
import { command } from '../../../e2e/support/redis-command.js'
import { startTlsRedis } from '../../../e2e/support/redis-tls.js'
import { until } from '../../../e2e/support/until.js'
import { type BrokerNode, startNode } from './support/node.js'

const channel = 'c' as ChannelName

/** That a node publishes, and another hears it. */
async function expectHeard(from: BrokerNode, by: BrokerNode): Promise<void> {
  await by.broker.watch([channel])
  const cursor = await from.append(channel, '1')
  await until(() => by.batches.some((batch) => batch.cursor === cursor))
}

describeWith(['redis', 'openssl'], 'where a Redis is', () => {
  it('may be behind TLS', async () => {
    const { url, ca } = await startTlsRedis()
    const client = createClient({ url, socket: { tls: true, ca: await readFile(ca, 'utf8') } })
    endWithTest(async () => client.destroy())
    client.on('error', () => {})
    const [one, two] = [await startNode({ client }), await startNode({ client })]
    await expectHeard(one, two)
  })

  it('ends the start where its certificate is not trusted, and says how it would be', async () => {
    const { url } = await startTlsRedis()
    await expect(startNode({ url })).rejects.toThrow('NODE_EXTRA_CA_CERTS')
  })

  it('may be a socket', async () => {
    const path = join(tmpdir(), `gamut-${await freePort()}.sock`)
    await startRedis(['--unixsocket', path])
    const url = `unix://${path}`
    await expectHeard(await startNode({ url }), await startNode({ url }))
  })

  it('is a database: what is announced in others is not heard', async () => {
    const redis = await startRedis()
    const nodeOf = (database: number) => startNode({ url: `${redis.url}/${database}` })
    const [one, also, other] = [await nodeOf(3), await nodeOf(3), await nodeOf(0)]
    await other.broker.watch([channel])
    await expectHeard(one, also)
    await also.broker.watch([channel])
    await other.append(channel, '"other"')
    await until(() => other.batches.length > 0)
    await expectHeard(one, also)
    const told = ({ batches }: BrokerNode) =>
      batches.flatMap(({ messages }) => messages.map(({ data }) => data))
    expect(told(also)).toEqual(['1', '1'])
    expect(told(other)).toEqual(['"other"'])
  })

  it('ends the start where there is no such database', async () => {
    const redis = await startRedis()
    await expect(startNode({ url: `${redis.url}/99` })).rejects.toThrow('no database of this number')
  })

  it('ends the start where a Cluster does not take the password', async () => {
    const cluster = await startCluster(1)
    for (const { url } of cluster) await command(url, 'CONFIG', 'SET', 'requirepass', 'right')
    const urls = cluster.map(({ url }) => url.replace('//', '//:wr0ng@'))
    await expect(startNode({ cluster: urls })).rejects.toThrow('user and password')
  })

  it('is not taken as a client of Sentinels, which has other commands', () => {
    const client = createSentinel({ name: 'mymaster', sentinelRootNodes: [{ host: '127.0.0.1', port: 1 }] })
    expect(() => createRedisBroker({ client: client as never })).toThrow('`sentinels` and `master`')
  })

  it('is refused without being repeated where it is no address', () => {
    for (const options of [
      { url: 'redis://:s3cret#x@a:1' },
      { cluster: ['redis://a', 'redis://:s3cret#x@a:1'] },
    ]) {
      const error = (() => {
        try {
          return createRedisBroker(options)
        } catch (thrown) {
          return thrown
        }
      })()
      expect(error).toBeInstanceOf(TypeError)
      expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('s3cret')
    }
  })
})
