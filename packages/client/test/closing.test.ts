import { type ConnectOptions, connect } from '@gamut/client'
import { presence } from '@gamut/client/presence'
import { createTestServer, type TestEnvironment } from '@gamut/testing/app'
import { expect, it, onTestFinished } from 'vitest'

/** A page, how many of its timers are under way, and how many of its requests nobody has given up or answered. */
function start(options: ConnectOptions = {}) {
  const server = createTestServer<object>({ authorize: (_who, _action, name) => name.startsWith('open') })
  onTestFinished(() => server.close())
  const page = server.environment()
  const timers = new Set<object>()
  const after: TestEnvironment['after'] = (ms, call) => {
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
  const environment = Object.assign(Object.create(page), { after }) as TestEnvironment
  const client = connect(server.url, { environment, ...options })
  onTestFinished(() => client.close())
  return { server, page, environment, client, timers }
}

/** Answers to such requests never come. */
function hold(environment: TestEnvironment, which: RegExp) {
  const { fetch } = environment
  const open = new Set<object>()
  const held: typeof fetch = (input, init) => {
    if (!which.test(String(input))) return fetch(input, init)
    const one = {}
    open.add(one)
    return new Promise((_, reject) =>
      init?.signal?.addEventListener('abort', () => {
        open.delete(one)
        reject(init.signal?.reason)
      }),
    )
  }
  Object.assign(environment, { fetch: held })
  return open
}

it('a token that never comes leaves no timer behind a client that is closed', async () => {
  const { server, client, timers } = start({ getToken: () => new Promise(() => {}), transport: 'sse' })
  client.channel('open').subscribe(() => {})
  client
    .channel('open')
    .publish(1)
    .catch(() => {})
  await server.advance(100)
  client.close()
  expect(timers.size).toBe(0)
  await server.advance(100)
  expect(timers.size).toBe(0)
})

it('what is asked of a channel leaves neither timer nor request behind', async () => {
  const { server, environment, client, timers } = start()
  const open = hold(environment, /info$/)
  client.channel('open').subscribe(() => {})
  await server.advance(100)
  expect(open.size).toBe(1)
  client.close()
  await server.advance(0)
  expect([open.size, timers.size]).toEqual([0, 0])
})

it('a late listener that reads again and again leaves no timer behind', async () => {
  const { server, environment, client, timers } = start({ transport: 'sse' })
  await server.publish('open', 1)
  const channel = client.channel('open', { need: {} })
  channel.subscribe(() => {})
  await server.advance(1000)
  hold(environment, /as=poll/)
  client.channel('open', { need: {}, cursor: 'oldest' }).subscribe(() => {})
  await server.advance(1000)
  client.close()
  await server.advance(0)
  expect(timers.size).toBe(0)
})

it('who is there leaves no timer behind', async () => {
  const { server, client, timers } = start({ transport: 'sse' })
  presence(client.channel('open'), { state: 1 }).onChange(() => {})
  await server.advance(1000)
  client.close()
  await server.advance(0)
  expect(timers.size).toBe(0)
})
