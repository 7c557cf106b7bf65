import type { EnvironmentChange } from '@gamut/client'
import { describe, expect, it } from 'vitest'
import { nodeEnvironment, record, startClient, startServer, transportNames, until } from './rig.js'

/** An environment that is told what happens to its page. */
function createPage() {
  const listeners = new Set<(what: EnvironmentChange) => void>()
  const environment = nodeEnvironment({
    onChange: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  })
  const tell = (what: EnvironmentChange) => {
    for (const listener of listeners) listener(what)
  }
  return { environment, tell }
}

describe.each(transportNames)('a page that reads by %s', (transport) => {
  it('is live again when its connection has outlived what the browser took for offline', async () => {
    const { gamut, url } = await startServer()
    const { environment, tell } = createPage()
    const client = startClient(url, { transport, environment })
    const { data } = record(client, 'a', { cursor: 'oldest' })
    await until(() => client.status.state === 'live')
    tell('offline')
    expect(client.status.state).toBe('offline')
    await gamut.publish('a', 1)
    tell('online')
    await until(() => client.status.state === 'live' && data.length === 1)
    expect(client.status).toMatchObject({ transport, why: { code: 'override' } })
  })

  it('leaves held answers out of the cache, in which tabs would wait for each other', async () => {
    const { gamut, url } = await startServer()
    const seen: (RequestCache | undefined)[] = []
    const { fetch: own, ...rest } = nodeEnvironment()
    const environment = {
      ...rest,
      fetch: (input: Parameters<typeof own>[0], init: RequestInit = {}) => {
        if (`${input}`.includes(`as=${transport}`)) seen.push(init.cache)
        return own(input, init)
      },
    }
    const { data } = record(startClient(url, { transport, environment }), 'a', { cursor: 'oldest' })
    await gamut.publish('a', 1)
    await until(() => data.length === 1 && (transport === 'websocket' || seen.length))
    for (const cache of seen) expect(cache).toBe(transport === 'poll' ? undefined : 'no-store')
  })
})

it.each(['sse', 'ndjson'] as const)(
  'a page gives up its %s for the next one, where there is one connection',
  async (transport) => {
    const { gamut, url } = await startServer()
    const { environment: own, tell } = createPage()
    let free: Promise<unknown> = Promise.resolve()
    const fetchInTurn = async (input: Parameters<typeof fetch>[0], init: RequestInit = {}) => {
      if (!`${input}`.includes('as=')) return own.fetch(input, init)
      const turn = free
      free = new Promise((resolve) => init.signal?.addEventListener('abort', resolve))
      await turn
      return own.fetch(input, init)
    }
    const environment = { ...own, fetch: fetchInTurn as typeof fetch }
    const client = startClient(url, { transport, environment, firstEventMs: 300 })
    const { data } = record(client, 'a', { cursor: 'oldest' })
    await until(() => client.status.state === 'live')
    const moves: unknown[] = []
    client.onStatus(({ state }) => moves.push(state))
    for (const n of [1, 2, 3]) {
      const before = free
      tell('shown')
      await before
      await gamut.publish('a', n)
      await until(() => data.length === n)
    }
    expect(moves).toEqual([])
  },
)

it('a page that is shown again holds nothing against a connection that died meanwhile', async () => {
  const { proxy, url } = await startServer()
  const { environment: own, tell } = createPage()
  // Nothing that was found bad is tried again in this test.
  const after: typeof own.after = (ms, call) => (ms < 5000 ? own.after(ms, call) : () => {})
  const client = startClient(url, { transport: transportNames, environment: { ...own, after } })
  record(client, 'a')
  await until(() => client.status.state === 'live')
  const moves: unknown[] = []
  client.onStatus(({ state, transport }) => moves.push(`${state} ${transport}`))
  proxy.set({ toClient: { mute: true } })
  tell('shown')
  await until(() => client.status.state !== 'live')
  proxy.set({})
  await until(() => moves.at(-1) === 'live websocket')
})

it('a page that no answer comes to says so, and takes a WebSocket, which other tabs leave free', async () => {
  const { url } = await startServer()
  const environment = { ...nodeEnvironment(), fetch: () => new Promise<Response>(() => {}) }
  const held = startClient(url, { transport: 'sse', environment, firstEventMs: 50 })
  record(held, 'a')
  await until(() => held.status.state === 'waiting')
  expect(held.status.reason).toEqual({ code: 'unanswered' })
  expect((await held.explain()).at(-1)).toContain('other tabs')
  const free = startClient(url, { environment, firstEventMs: 50 })
  record(free, 'a')
  await until(() => free.status.state === 'live')
  expect(free.status).toMatchObject({ transport: 'websocket', why: { code: 'bad', transport: 'sse' } })
})
