import { freePort } from './free-port.js'
import { type RunningRedis, startRedis } from './redis.js'
import { command } from './redis-command.js'
import { until } from './until.js'

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
    const start = Math.floor((index * slots) / masters)
    const end = Math.floor(((index + 1) * slots) / masters) - 1
    await command(redis.url, 'CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1))
    await command(redis.url, 'CLUSTER', 'ADDSLOTSRANGE', String(start), String(end))
    if (first && index > 0)
      await command(redis.url, 'CLUSTER', 'MEET', '127.0.0.1', String(first.redis.port), String(first.bus))
  }
  for (const { redis } of nodes) await until(() => serves(redis, masters))
  return nodes.map(({ redis }) => redis)
}

async function serves({ url }: RunningRedis, masters: number): Promise<boolean> {
  const info = await command(url, 'CLUSTER', 'INFO')
  return info.includes('cluster_state:ok') && info.includes(`cluster_known_nodes:${masters}`)
}

/** Starts a replica of one of a Cluster's masters, and waits until it has what the master has, and all of the Cluster know it. */
export async function addReplica(
  master: RunningRedis,
  cluster: readonly RunningRedis[],
): Promise<RunningRedis> {
  const bus = await freePort()
  const redis = await startRedis(['--cluster-enabled', 'yes', '--cluster-port', String(bus)])
  const id = await command(master.url, 'CLUSTER', 'MYID')
  const [, busOfMaster = ''] = /@(\d+) [^ ]*myself/.exec(await command(master.url, 'CLUSTER', 'NODES')) ?? []
  await command(redis.url, 'CLUSTER', 'MEET', '127.0.0.1', String(master.port), busOfMaster)
  await until(async () => (await command(redis.url, 'CLUSTER', 'NODES')).includes(id))
  await command(redis.url, 'CLUSTER', 'REPLICATE', id)
  await until(async () => (await command(redis.url, 'INFO', 'replication')).includes('master_link_status:up'))
  const own = await command(redis.url, 'CLUSTER', 'MYID')
  const isReplica = new RegExp(`^${own} .* slave ${id} .* connected`, 'm')
  for (const { url } of cluster)
    await until(async () => isReplica.test(await command(url, 'CLUSTER', 'NODES')))
  return redis
}
