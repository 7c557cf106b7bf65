import { createClient } from '@redis/client'
import { freePort } from '../../../../e2e/support/free-port.js'
import { type RunningRedis, startRedis } from '../../../../e2e/support/redis.js'
import { until } from '../../../../e2e/support/until.js'

const slots = 16_384

/** Starts a Redis Cluster of so many masters, each with its part of the slots, and waits until it serves. */
export async function startCluster(masters = 3): Promise<readonly RunningRedis[]> {
  const nodes = await Promise.all(
    Array.from({ length: masters }, async () => {
      const bus = await freePort()
      return { bus, redis: await startRedis(['--cluster-enabled', 'yes', '--cluster-port', String(bus)]) }
    }),
  )
  const [first] = nodes
  for (const [index, { redis }] of nodes.entries()) {
    const client = createClient({ url: redis.url })
    await client.connect()
    const start = Math.floor((index * slots) / masters)
    const end = Math.floor(((index + 1) * slots) / masters) - 1
    await client.sendCommand(['CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1)])
    await client.sendCommand(['CLUSTER', 'ADDSLOTSRANGE', String(start), String(end)])
    if (first && index > 0)
      await client.sendCommand(['CLUSTER', 'MEET', '127.0.0.1', String(first.redis.port), String(first.bus)])
    client.destroy()
  }
  for (const { redis } of nodes) await until(() => serves(redis, masters))
  return nodes.map(({ redis }) => redis)
}

async function serves({ url }: RunningRedis, masters: number): Promise<boolean> {
  const client = createClient({ url })
  await client.connect()
  const info = String(await client.sendCommand(['CLUSTER', 'INFO']))
  client.destroy()
  return info.includes('cluster_state:ok') && info.includes(`cluster_known_nodes:${masters}`)
}
