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
