import { request } from 'node:http'
import { type TransportName, transports } from '@gamut/protocol'
import { openReader, takeKind, takeMessages } from '@gamut/testing'
import { expect, it } from 'vitest'
import { type OperateProxy, operateProxies, startOperateProxy } from './support/operate-proxy.js'
import { describeWith } from './support/parts.js'
import { startServer } from './support/start-server.js'
import { until } from './support/until.js'

const operationsKey = 'a-key-for-the-operators'
const trusting = { trustedProxies: ['127.0.0.1'], operationsKey }
// Nothing but what a test publishes shall push out what a proxy may hold back.
const silent = { ...trusting, heartbeatMs: 600_000 }
const channel = 'read'
const streams = ['sse', 'ndjson', 'websocket'] as const satisfies readonly TransportName[]

/** HAProxy knows a server by its checks: it may not know it yet. */
const isThere = (origin: string) => until(async () => (await fetch(`${origin}/readyz`)).status === 200)

async function startBehind(name: OperateProxy, options = silent, change?: (config: string) => string) {
  const server = await startServer(options)
  const origin = await startOperateProxy(name, server.port, change)
  await isThere(origin)
  return { server, origin }
}

/** Whose the server takes a stream to be that comes from another address of this machine, and says it is yet another's. */
async function addressBehind(name: OperateProxy): Promise<readonly string[]> {
  const { server, origin } = await startBehind(name)
  const headers = { accept: 'text/event-stream', 'x-forwarded-for': '6.6.6.6' }
  const asked = request(`${origin}/channels/${channel}`, { localAddress: '127.0.0.2', headers })
  asked.on('error', () => {})
  asked.end()
  await server.held(1)
  const list = await fetch(`${server.url}/connections`, {
    headers: { authorization: `Bearer ${operationsKey}` },
  })
  const { connections } = (await list.json()) as { connections: readonly { address: string }[] }
  asked.destroy()
  return connections.map(({ address }) => address)
}

for (const name of operateProxies) {
  describeWith(name, `behind ${name} as docs/operate has it`, () => {
    it.each(transports)('%s reads what is there and what comes, at once (§4, §6, §7)', async (transport) => {
      const { server, origin } = await startBehind(name)
      await server.gamut.publish(channel, 1)
      const reader = openReader(transport, { origin, channel, cursor: 'oldest', pollMs: 20 })
      await takeMessages(reader, 1)
      for (const data of ['2', '3']) {
        const published = await fetch(`${origin}/channels/${channel}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: data,
        })
        expect(published.status).toBe(201)
        expect(await takeMessages(reader, 1)).toMatchObject([{ message: { data } }])
      }
      reader.close()
    })

    it('the server knows whose a request is, whatever the client says (§12)', async () => {
      expect(await addressBehind(name)).toEqual(['127.0.0.2'])
    })

    it.each([
      '/metrics',
      '/connections',
      '/connections/x',
      '/nodes',
      '/advice',
      '/explain',
      '/trace',
      '/revocations',
    ])('nobody reaches %s (§14)', async (path) => {
      const { origin } = await startBehind(name)
      const headers = { authorization: `Bearer ${operationsKey}` }
      expect((await fetch(`${origin}${path}`, { headers })).status).toBe(404)
    })

    it.each(streams)('heartbeats keep an idle %s open past the proxy’s own time (§10)', async (transport) => {
      const options = { ...trusting, heartbeatMs: 200 }
      const { server, origin } = await startBehind(name, options, (config) => config.replaceAll('90s', '1s'))
      const reader = openReader(transport, { origin, channel })
      for (let beat = 0; beat < 8; beat++) await takeKind(reader, 'heartbeat')
      await server.held(1)
      reader.close()
    })

    it.each(['sse', 'websocket'] as const)(
      '%s is told to come back by a server that ends, and finds the next (§10)',
      async (transport) => {
        const { server, origin } = await startBehind(name)
        const reader = openReader(transport, { origin, channel })
        await takeKind(reader, 'open')
        await server.close()
        expect(await takeKind(reader, 'reconnect')).toMatchObject({ afterMs: expect.any(Number) })
        const away = async () => {
          const response = await fetch(`${origin}/channels/${channel}`, {
            headers: { accept: 'text/event-stream' },
          })
          return response.status === 200 && (await response.text()) === 'retry: 3000\n\n'
        }
        await until(away)
        const second = await startServer(silent, server.port)
        await second.gamut.publish(channel, 'from the next')
        await isThere(origin)
        const next = openReader(transport, { origin, channel, cursor: reader.cursor ?? '' })
        expect(await takeKind(next, 'open')).toMatchObject({ outcome: 'gap', gap: { reason: 'epoch' } })
        next.close()
      },
    )
  })
}
