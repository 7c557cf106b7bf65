import { connect, type GamutError } from '@gamut/client'
import { createTestServer, type TestServerOptions } from '@gamut/testing/app'
import { describe, expect, it, onTestFinished } from 'vitest'

function start(options: TestServerOptions<object> = {}, transport: 'websocket' | 'sse' | 'poll' = 'sse') {
  const server = createTestServer<object>(options)
  onTestFinished(() => server.close())
  const client = connect(server.url, { environment: server.environment(), transport })
  onTestFinished(() => client.close())
  return { server, client, channel: client.channel('a') }
}

describe('the status of a channel', () => {
  it.each(['websocket', 'sse', 'poll'] as const)(
    'says over %s whether it is read, by what and up to where',
    async (transport) => {
      const { server, client, channel } = start({}, transport)
      const { cursor } = await server.publish('a', 1)
      await server.advance(70)
      expect(channel.status).toEqual({ state: 'idle' })
      const stop = channel.subscribe(() => {})
      expect(channel.status).toMatchObject({ state: 'connecting', cursor: '' })
      await server.settle()
      expect(channel.status).toMatchObject({ state: 'live', transport, cursor, lagMs: 70 })
      expect(client.channel('a').status).toEqual(channel.status)
      expect(client.channel('b').status).toEqual({ state: 'idle' })
      stop()
      await server.settle()
      expect(channel.status).toEqual({ state: 'idle' })
    },
  )

  it.each(['websocket', 'sse', 'poll'] as const)(
    'tells over %s how late a message was, and not how old a snapshot is',
    async (transport) => {
      const { server, client, channel } = start({ channels: { a: { keyed: true } } }, transport)
      await server.publish('a', 1, { key: 'k' })
      await server.advance(60_000)
      const values: unknown[] = []
      channel.subscribe(({ data }) => values.push(data))
      await server.settle()
      expect(values).toEqual([1])
      expect([channel.status.lagMs, client.status.lagMs]).toEqual([undefined, undefined])
      await server.publish('a', 2, { key: 'k' })
      await server.advance(transport === 'poll' ? 10_000 : 10)
      expect(values).toEqual([1, 2])
      expect(channel.status.lagMs).toBeLessThanOrEqual(10_000)
    },
  )

  it('is connecting while nothing reads it, and goes on from where it was', async () => {
    const { server, channel } = start()
    const { cursor } = await server.publish('a', 1)
    channel.subscribe(() => {})
    await server.settle()
    await server.faults.killNode()
    await server.advance(1000)
    expect(channel.status).toMatchObject({ state: 'connecting', cursor })
    expect(channel.status.transport).toBeUndefined()
    await server.faults.restartNode()
    await server.advance(30_000)
    expect(channel.status).toMatchObject({ state: 'live', cursor })
  })

  it('says that it has ended, and that it was refused, and why (§13)', async () => {
    let may = false
    const { server, client, channel } = start({
      authorize: (_who, _action, name) => name === 'a' || may,
    })
    const stop = channel.subscribe(() => {})
    const secret = client.channel('secret')
    secret.subscribe(() => {})
    await server.settle()
    expect(channel.status.state).toBe('live')
    expect(secret.status.state).toBe('refused')
    expect((secret.status.why as GamutError).code).toMatch(/forbidden|unauthenticated/)
    await server.gamut.close('a')
    await server.settle()
    expect(channel.status).toMatchObject({ state: 'ended', why: 'closed' })
    stop()
    may = true
    secret.subscribe(() => {})
    await server.settle()
    expect(secret.status).toMatchObject({ state: 'live' })
  })

  it('is idle where the client is closed', async () => {
    const { server, client, channel } = start()
    channel.subscribe(() => {})
    await server.settle()
    client.close()
    expect(channel.status).toEqual({ state: 'idle' })
  })
})
