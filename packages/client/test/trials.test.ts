import { connect } from '@gamut/client'
import { createTestServer } from '@gamut/testing/app'
import { expect, it, onTestFinished } from 'vitest'

it('a stream that works again takes its place back, also from a WebSocket that could carry all', async () => {
  const server = createTestServer()
  onTestFinished(() => server.close())
  const client = connect(server.url, { environment: server.environment() })
  onTestFinished(() => client.close())
  const found: unknown[] = []
  const told: string[] = []
  client.channel('a').subscribe(({ data }) => found.push(data), { onGap: ({ reason }) => told.push(reason) })
  server.faults.mute({ on: ['sse', 'ndjson'] })
  await server.advance(8000)
  expect(client.status).toMatchObject({ transport: 'websocket', why: { code: 'bad', transport: 'sse' } })
  await server.publish('a', 1)
  server.faults.heal()
  await server.advance(60_000)
  await server.publish('a', 2)
  await server.advance(100)
  expect(client.status).toMatchObject({ state: 'live', transport: 'sse' })
  expect([found, told, server.connections.map(({ way }) => way)]).toEqual([[1, 2], [], ['sse']])
})

it('a stream whose trial another channel’s need forbids stays bad: who comes does not wait for it', async () => {
  const server = createTestServer()
  onTestFinished(() => server.close())
  const client = connect(server.url, { environment: server.environment() })
  onTestFinished(() => client.close())
  const found: unknown[] = []
  await server.publish('c', 1)
  client.channel('a').subscribe(() => {})
  server.faults.mute({ on: ['sse', 'ndjson'] })
  await server.advance(8000)
  client.channel('b', { need: { direction: 'both' } }).subscribe(() => {})
  await server.advance(120_000)
  expect(client.status).toMatchObject({ state: 'live', transport: 'websocket' })
  // It may not ride along, and the first that it may use is the bad one.
  client.channel('c', { transport: ['sse', 'long-poll'] }).subscribe(({ data }) => found.push(data))
  await server.advance(1000)
  expect(found).toEqual([1])
})

it('a trial ends where another channel comes that needs what carries both, and is taken up when that is left', async () => {
  const server = createTestServer()
  onTestFinished(() => server.close())
  const client = connect(server.url, { environment: server.environment() })
  onTestFinished(() => client.close())
  client.channel('a').subscribe(() => {})
  server.faults.mute({ on: ['sse', 'ndjson'] })
  await server.advance(8000)
  expect(client.status.transport).toBe('websocket')
  server.faults.heal()
  const leave = client.channel('b', { need: { direction: 'both' } }).subscribe(() => {})
  await server.advance(120_000)
  expect([client.status.transport, server.connections.length]).toEqual(['websocket', 1])
  leave()
  await server.advance(10_000)
  expect(client.status).toMatchObject({ state: 'live', transport: 'sse' })
})
