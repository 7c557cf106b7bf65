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

it.each(transportNames)('what passes is waited for over %s, and the status says so', async (transport) => {
  let isBroken = true
  const server = createTestServer<object>({
    authorize: () => {
      if (isBroken) throw new Error('The database is away.')
      return true
    },
  })
  onTestFinished(() => server.close())
  const client = connect(server.url, { environment: server.environment(), transport })
  onTestFinished(() => client.close())
  const states = new Set<string>()
  client.onStatus(({ state }) => states.add(state))
  for (const name of ['a', 'b']) client.channel(name, { need: {} }).subscribe(() => {})
  await server.advance(20_000)
  expect([states.has('waiting'), states.has('idle')]).toEqual([true, false])
  isBroken = false
  await server.advance(60_000)
  expect(['a', 'b'].map((name) => client.channel(name).status.state)).toEqual(['live', 'live'])
})

it('a channel that waits for a token and is left leaves no timer behind', async () => {
  const server = createTestServer<object>({ authorize: (_who, _action, name) => name === 'open' })
  onTestFinished(() => server.close())
  const page = server.environment()
  const timers = new Set<object>()
  const after: typeof page.after = (ms, call) => {
    const one = {}
    timers.add(one)
    const stop = page.after(ms, () => {
      timers.delete(one)
      call()
    })
    return () => {
      timers.delete(one)
      stop()
    }
  }
  const environment = Object.assign(Object.create(page), { after })
  const client = connect(server.url, { environment, transport: 'sse', getToken: () => undefined })
  client.channel('open', { need: {} }).subscribe(() => {})
  const stop = client.channel('a', { need: {} }).subscribe(() => {})
  await server.advance(200)
  stop()
  await server.advance(10)
  client.close()
  expect(timers.size).toBe(0)
})

it('a page that has nothing left but a channel that waits for a token is not idle', async () => {
  const server = createTestServer<object>({ authorize: (_who, _action, name) => name === 'open' })
  onTestFinished(() => server.close())
  const environment = Object.assign(server.environment(), { random: () => 0.99 })
  const client = connect(server.url, { environment, transport: 'sse', getToken: () => undefined })
  onTestFinished(() => client.close())
  const states: string[] = []
  client.onStatus(({ state }) => states.push(state))
  const stop = client.channel('open', { need: {} }).subscribe(() => {})
  client.channel('a', { need: {} }).subscribe(() => {})
  await server.advance(20_000)
  stop()
  await server.advance(100)
  expect([client.status.state, client.channel('a').status.state]).toEqual(['connecting', 'connecting'])
  await server.advance(60_000)
  expect([client.status.state, states.includes('idle')]).toEqual(['waiting', false])
})
