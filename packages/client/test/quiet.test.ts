import { connect, type Environment } from '@gamut/client'
import type { TransportName } from '@gamut/protocol'
import { collect, createTestServer, type TestEnvironment } from '@gamut/testing/app'
import { describe, expect, it, onTestFinished } from 'vitest'

type Handler = NonNullable<WebSocket['onmessage']>

/** A network whose proxy cuts a WebSocket that has been silent for so long, in both directions. */
function behindIdleCut(page: TestEnvironment, silentMs: number) {
  const { WebSocket: Own, fetch } = page
  const cuts: number[] = []
  const asked: string[] = []
  function CutSocket(address: string, protocol: string) {
    const socket = new (Own as typeof WebSocket)(address, protocol)
    const { send } = socket
    let cancel = () => {}
    let handler: Handler | null = null
    const touch = () => {
      cancel()
      cancel = page.after(silentMs, () => {
        cuts.push(page.elapsed())
        socket.close()
      })
    }
    socket.send = (data) => {
      touch()
      send.call(socket, data)
    }
    Object.defineProperty(socket, 'onmessage', {
      get: () => handler,
      set: (own: Handler) => {
        handler = (event) => {
          touch()
          own.call(socket, event)
        }
      },
    })
    return socket
  }
  const environment: Environment = {
    ...page,
    WebSocket: CutSocket as never,
    fetch: (input, init) => {
      asked.push(`${input}`)
      return fetch(input, init)
    },
  }
  return { environment, cuts, asked }
}

describe.each(['sse', 'ndjson'] as const)('a quiet stream over %s', (transport) => {
  it.each([3000, 60_000])(
    'may be silent for as long as its server is: %d ms between two heartbeats (§10)',
    async (heartbeatMs) => {
      const server = createTestServer({ heartbeatMs })
      const client = connect(server.url, {
        environment: server.environment(),
        transport: [transport, 'poll'],
      })
      client.channel('a').subscribe(() => {})
      onTestFinished(async () => {
        client.close()
        await server.close()
      })
      await server.advance(300_000)
      expect(client.status).toMatchObject({ state: 'live', transport })
      expect(server.connections.find(({ way }) => way === transport)?.ageMs).toBeGreaterThan(290_000)
      server.faults.mute()
      await server.advance(3 * heartbeatMs)
      expect(client.status).not.toMatchObject({ state: 'live', transport })
    },
  )
})

async function start(transport: readonly TransportName[], silentMs: number) {
  const server = createTestServer()
  const network = behindIdleCut(server.environment(), silentMs)
  const client = connect(server.url, { environment: network.environment, transport })
  const seen = collect(client.channel('a', { cursor: 'oldest' }))
  onTestFinished(async () => {
    client.close()
    await server.close()
  })
  await server.settle()
  return { server, client, seen, ...network }
}

it('speaks more often than a WebSocket may be silent, once two were cut after the same silence', async () => {
  const { server, client, seen, cuts } = await start(['websocket'], 8000)
  await server.advance(300_000)
  await server.publish('a', 'still here')
  await server.settle()
  expect(cuts).toHaveLength(2)
  expect(seen.data).toEqual(['still here'])
  expect(client.status).toMatchObject({ state: 'live', transport: 'websocket' })
  expect(server.connections.find(({ way }) => way === 'websocket')?.ageMs).toBeGreaterThan(200_000)
  await server.check(seen)
})

it('goes back to a WebSocket that two silences had made it leave, as it knows how to keep one now', async () => {
  const { server, client, seen, cuts } = await start(['websocket', 'sse'], 8000)
  await server.advance(22_000)
  expect(client.status).toMatchObject({ transport: 'sse', why: { code: 'bad', transport: 'websocket' } })
  await server.advance(120_000)
  expect(cuts).toHaveLength(2)
  expect(client.status).toMatchObject({ state: 'live', transport: 'websocket' })
  await server.publish('a', 'still here')
  await server.settle()
  await server.check(seen)
})

it('has long-polls answered before their connection would be cut', async () => {
  const { server, client, asked } = await start(['websocket'], 8000)
  await server.advance(60_000)
  client.move('long-poll')
  await server.advance(60_000)
  const polls = asked.filter((url) => url.includes('as=long-poll'))
  expect(polls.length).toBeGreaterThan(10)
  expect(polls.filter((url) => !url.endsWith('&wait=4'))).toEqual([])
})

it('learns nothing of connections that are cut by chance', async () => {
  const { server, client, asked } = await start(['websocket'], 600_000)
  for (const restMs of [3000, 18_000, 9000, 16_000]) {
    await server.advance(20_000 + restMs)
    server.faults.cut()
    await server.advance(20_000)
  }
  client.move('long-poll')
  await server.advance(40_000)
  const polls = asked.filter((url) => url.includes('as=long-poll'))
  expect(polls.length).toBeGreaterThan(0)
  expect(polls.filter((url) => url.includes('wait='))).toEqual([])
})
