import { transports } from '@gamut/protocol'
import { createFollower, type Follower } from '@gamut/testing'
import { expect, it } from 'vitest'
import { endWithTest } from './support/end-with-test.js'
import { startGamut } from './support/gamut.js'
import { startOperateProxy } from './support/operate-proxy.js'
import { describeWith } from './support/parts.js'
import { plainRead } from './support/plain-read.js'
import { startRedis } from './support/redis.js'
import { until } from './support/until.js'

/** The offsets that a follower of one channel has been given, and the gaps it was told of. */
function listen(follower: Follower): { readonly offsets: number[]; readonly gaps: string[] } {
  const heard = { offsets: [] as number[], gaps: [] as string[] }
  void (async () => {
    for (let event = await follower.next(); event; event = await follower.next()) {
      if (event.kind === 'message') heard.offsets.push(event.message.offset)
      if (event.kind === 'gap') heard.gaps.push(event.reason)
      if (event.kind === 'open' && event.gap) heard.gaps.push(event.gap.reason)
    }
  })()
  return heard
}

async function publish(url: string, data: unknown, key: string): Promise<boolean> {
  const headers = { 'content-type': 'application/json', 'idempotency-key': key }
  const answer = await fetch(`${url}/channels/a`, { method: 'POST', headers, body: JSON.stringify(data) })
  return answer.status === 201
}

/** Opens streams all at once, which end with the test, and gives how many of them a node has answered. */
async function openStreams(front: string, count: number): Promise<number> {
  const leave = new AbortController()
  endWithTest(async () => leave.abort())
  const headers = { accept: 'text/event-stream' }
  const begins = await Promise.all(
    Array.from({ length: count }, async () => {
      const answer = await fetch(`${front}/channels/a`, { headers, signal: leave.signal })
      return new TextDecoder().decode((await answer.body?.getReader().read())?.value)
    }),
  )
  return begins.filter((text) => !text.startsWith('retry: 3000')).length
}

describeWith(['redis', 'nginx'], 'two nodes that share a Redis, behind a round-robin nginx', () => {
  it('lose no reader a message when one of them is killed, and need no sticky sessions (I3, I4, I6)', async () => {
    const redis = await startRedis()
    const nodes = await Promise.all([1, 2].map(() => startGamut(['--broker', redis.url])))
    const front = await startOperateProxy(
      'nginx',
      nodes.map(({ port }) => port),
    )
    const followers = transports.flatMap((transport) =>
      Array.from({ length: 4 }, () =>
        createFollower({
          origin: front,
          channel: 'a',
          transport,
          cursor: 'oldest',
          pollMs: 50,
          waitSeconds: 2,
          backoff: { firstMs: 20, greatestMs: 300 },
        }),
      ),
    )
    const heard = followers.map(listen)
    const [killed] = nodes
    for (let count = 1; count <= 60; count += 1) {
      if (count === 30) await killed?.stop('SIGKILL')
      await until(() => publish(front, count, `publish ${count}`))
    }
    const all = (await plainRead(front, 'a')).map(([offset]) => offset)
    expect(all).toHaveLength(60)
    await until(() => heard.every(({ offsets }) => offsets.length >= all.length))
    for (const { offsets, gaps } of heard) {
      expect(offsets).toEqual(all)
      expect(gaps).toEqual([])
    }
    for (const follower of followers) follower.close()
  })

  it('take their share of streams as soon as they are back, whatever nginx has seen fail', async () => {
    const [one, two] = await Promise.all([startGamut(), startGamut()])
    const front = await startOperateProxy('nginx', [one.port, two.port])
    expect(await openStreams(front, 4)).toBe(4)
    await two.stop('SIGKILL')
    expect(await openStreams(front, 4)).toBe(4)
    await startGamut(['--port', `${two.port}`])
    expect(await openStreams(front, 4)).toBe(4)
    await one.stop('SIGKILL')
    expect(await openStreams(front, 8)).toBe(8)
  })
})
