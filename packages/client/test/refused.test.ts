import { connect, type GamutError, typed } from '@gamut/client'
import { createTestServer } from '@gamut/testing/app'
import { describe, expect, it, onTestFinished } from 'vitest'
import { transportNames } from './rig.js'

/** A page of which the server refuses every channel but those whose name begins with `open`. */
function start(transport: (typeof transportNames)[number]) {
  const server = createTestServer<object>({ authorize: (_who, _action, name) => name.startsWith('open') })
  onTestFinished(() => server.close())
  const errors: unknown[] = []
  const client = connect(server.url, {
    environment: server.environment(),
    transport,
    channels: typed({ 'typed/*': { version: 1 } }),
    onError: (error) => errors.push((error as GamutError).code),
  })
  onTestFinished(() => client.close())
  return { server, client, errors }
}

describe.each(transportNames)('a channel that is refused over %s', (transport) => {
  it('is told to the client where no listener wants to know', async () => {
    const { server, client, errors } = start(transport)
    client.channel('a').subscribe(() => {})
    client.channel('typed/a').subscribe(() => {})
    await server.advance(5000)
    expect(errors).toEqual(['unauthenticated', 'unauthenticated'])
  })

  it('is told to its listener alone where that wants to know', async () => {
    const { server, client, errors } = start(transport)
    const told: string[] = []
    client.channel('a').subscribe(() => {}, { onError: ({ code }) => told.push(code) })
    client.channel('a').subscribe(() => {})
    await server.advance(5000)
    expect([told, errors]).toEqual([['unauthenticated'], []])
  })

  it('is what the status says for as long as there is nothing else', async () => {
    const { server, client } = start(transport)
    const stop = client.channel('a').subscribe(() => {})
    await server.advance(60_000)
    expect(client.status).toMatchObject({ state: 'refused', reason: { error: 'unauthenticated' } })
    const stopOpen = client.channel('open').subscribe(() => {})
    await server.advance(5000)
    expect(client.status.state).toBe('live')
    stopOpen()
    await server.advance(100)
    expect(client.status.state).toBe('refused')
    stop()
    await server.advance(100)
    expect(client.status.state).toBe('idle')
  })
})

it('a page without a network from the start is offline, and live once there is one', async () => {
  const server = createTestServer<object>({ authorize: () => true })
  onTestFinished(() => server.close())
  const environment = server.environment()
  environment.goOffline()
  const client = connect(server.url, { environment })
  onTestFinished(() => client.close())
  expect(client.status.state).toBe('idle')
  client.channel('a').subscribe(() => {})
  await server.advance(5000)
  expect(client.status.state).toBe('offline')
  environment.goOnline()
  await server.advance(5000)
  expect(client.status.state).toBe('live')
})
