import type { TransportName } from '@gamut/protocol'
import {
  createFaultProxy,
  createFollower,
  type FollowerEvent,
  openReader,
  takeKind,
  takeUntil,
} from '@gamut/testing'
import { describe, expect, it } from 'vitest'
import { endWithTest } from './support/end-with-test.js'
import { startNginx } from './support/nginx.js'
import { describeWith } from './support/parts.js'
import { type RunningServer, startServer } from './support/start-server.js'

type Front = (server: RunningServer) => Promise<string>

/** Cuts what was silent for a second, the least that nginx can. */
const nginxFront: Front = async ({ port }) => {
  const nginx = await startNginx(
    (own) => `
    map $http_upgrade $connection_upgrade { default upgrade; '' close; }
    server {
      listen 127.0.0.1:${own};
      location / {
        proxy_pass http://127.0.0.1:${port};
        proxy_http_version 1.1;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection $connection_upgrade;
        proxy_read_timeout 1s;
      }
    }`,
  )
  return nginx.url
}

const idleFront: Front = async ({ port }) => {
  const proxy = await createFaultProxy({ target: { port }, faults: { idleMs: 500 } })
  endWithTest(() => proxy.close())
  return proxy.origin
}

const held: readonly TransportName[] = ['sse', 'ndjson', 'websocket']

function shareOfTests(front: Front): void {
  it('keeps streams alive by heartbeats that come more often (§10)', async () => {
    const server = await startServer({ heartbeatMs: 200 })
    const origin = await front(server)
    const alive = async (transport: TransportName) => {
      const reader = openReader(transport, { origin, channel: 'quiet' })
      // More than a second of them.
      for (let beat = 0; beat < 6; beat += 1) await takeKind(reader, 'heartbeat')
      reader.close()
    }
    await Promise.all(held.map(alive))
    expect(server.requests.all).toHaveLength(held.length)
  })

  it('lets every reader go on after a cut without loss or repeat (§5, §8)', async () => {
    const server = await startServer({ heartbeatMs: 60_000 })
    const origin = await front(server)
    const cut = async (transport: TransportName): Promise<readonly FollowerEvent[]> => {
      const channel = `cut/${transport}`
      await server.gamut.publish(channel, 1)
      const follower = createFollower({
        origin,
        channel,
        transport,
        backoff: { firstMs: 20, greatestMs: 50 },
      })
      const before = await takeUntil(follower, ({ kind }) => kind === 'waiting')
      await server.gamut.publish(channel, 2)
      const after = await takeUntil(
        follower,
        (event) => event.kind === 'message' && event.message.data === '2',
      )
      await server.gamut.publish(channel, 3)
      const last = await takeUntil(
        follower,
        (event) => event.kind === 'message' && event.message.data === '3',
      )
      follower.close()
      return [...before, ...after, ...last]
    }
    for (const events of await Promise.all([...held, 'long-poll' as const].map(cut))) {
      const data = events.map((event) => (event.kind === 'message' ? event.message.data : undefined))
      expect(data.filter((one) => one !== undefined)).toEqual(['1', '2', '3'])
      expect(events.filter(({ kind }) => kind === 'gap')).toEqual([])
    }
    // What the proxy has cut is held no longer.
    await server.held(0)
  })
}

describeWith('nginx', 'nginx that cuts what is idle', () => shareOfTests(nginxFront))
describe('a proxy that cuts what is idle', () => shareOfTests(idleFront))
