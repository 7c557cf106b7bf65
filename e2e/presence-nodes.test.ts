import { connect, type Gamut } from '@gamut/client'
import { presence } from '@gamut/client/presence'
import { expect, it, onTestFinished } from 'vitest'
import { startGamut } from './support/gamut.js'
import { describeWith } from './support/parts.js'
import { startRedis } from './support/redis.js'
import { until } from './support/until.js'

/** A node whose leases are three seconds. */
const startNode = (redis: string, name: string) =>
  startGamut(['--broker', redis, '--node', name, '--heartbeat-ms', '1000'])

async function nodesOf(url: string): Promise<readonly string[]> {
  const { nodes } = (await (await fetch(`${url}/nodes`)).json()) as { nodes: { node: string }[] }
  return nodes.map(({ node }) => node)
}

function enter(url: string, transport: 'websocket' | 'sse' | 'poll'): Gamut {
  const client = connect(url, { transport })
  onTestFinished(() => client.close())
  // A client has a WebSocket while it reads something.
  client.channel('chat').subscribe(() => {})
  return client
}

/** Who is there, as the client puts it together, and every number of them that there was. */
function look(url: string) {
  const seen = presence<string>(enter(url, 'sse').channel('chat'))
  const counts: number[] = []
  onTestFinished(seen.onChange(({ members }) => counts.push(members.size)))
  return { counts, names: () => [...seen.members.keys()].sort().join(' '), seen }
}

describeWith(['redis'], 'who is there on two nodes that share a Redis, by the real client', () => {
  it('is seen on both, by a WebSocket and by polls, in every state, and leaves (§11)', async () => {
    const redis = await startRedis()
    const [one, two] = await Promise.all([startNode(redis.url, 'one'), startNode(redis.url, 'two')])
    const ann = presence<string>(enter(one.url, 'websocket').channel('chat'), {
      device: 'ann',
      state: 'here',
    })
    presence<string>(enter(two.url, 'poll').channel('chat'), { device: 'bob', state: 'here' })
    const { names, seen } = look(two.url)
    await until(() => names() === '/ann /bob')
    ann.set('away')
    await until(() => seen.members.get('/ann')?.state === 'away')
    ann.leave()
    await until(() => names() === '/bob')
  })

  it('stays for as long as it is held, and has left a lease after its node was killed (§11, §14)', async () => {
    const redis = await startRedis()
    const [one, two] = await Promise.all([startNode(redis.url, 'one'), startNode(redis.url, 'two')])
    await until(async () => (await nodesOf(two.url)).join() === 'one,two')
    const gone = enter(one.url, 'websocket')
    presence(gone.channel('chat'), { device: 'ann', state: 1 })
    presence(enter(two.url, 'websocket').channel('chat'), { device: 'bob', state: 1 })
    const { counts, names } = look(two.url)
    await until(() => names() === '/ann /bob')
    // Said again until it must have been over three times.
    let renewals = 0
    const raw = enter(two.url, 'sse').channel('$presence/chat')
    onTestFinished(raw.subscribe(({ key }) => void (key === '/ann' && renewals++)))
    await until(() => renewals >= 4)
    expect(Math.min(...counts.slice(counts.indexOf(2)))).toBe(2)
    await one.stop('SIGKILL')
    gone.close()
    await until(() => names() === '/bob')
    await until(async () => (await nodesOf(two.url)).join() === 'two')
  }, 60_000)
})
