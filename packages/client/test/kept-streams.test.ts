import { connect } from '@gamut/client'
import type { TransportName } from '@gamut/protocol'
import { createTestServer, type TestServerOptions } from '@gamut/testing/app'
import { describe, expect, it, onTestFinished } from 'vitest'

/** A page that reads channels by one transport, and when it asked for reads. */
async function start(
  transport: TransportName,
  names: readonly string[],
  options: TestServerOptions<object> = {},
) {
  const server = createTestServer<object>({ authorize: () => true, ...options })
  onTestFinished(() => server.close())
  const page = server.environment()
  const asked: number[] = []
  const fetch: typeof page.fetch = (input, init) => {
    if (/[?&]as=/.test(String(input))) asked.push(page.elapsed())
    return page.fetch(input, init)
  }
  const environment = Object.assign(Object.create(page), { fetch })
  const client = connect(server.url, { environment, transport })
  onTestFinished(() => client.close())
  const found = new Map<string, unknown[]>()
  const read = (name: string) => {
    const data: unknown[] = []
    found.set(name, data)
    return client.channel(name, { need: {} }).subscribe(({ data: one }) => data.push(one))
  }
  const stops = names.map((name) => read(name))
  await server.advance(1000)
  return { server, page, client, asked, found, read, stops }
}

describe.each(['sse', 'ndjson'] as const)('an open %s', (transport) => {
  it('goes on where a server that refuses more is asked for one channel more, which comes once that may', async () => {
    const { server, client, found, read } = await start(transport, ['a'])
    const states: string[] = []
    client.onStatus(({ state }) => states.push(state))
    server.faults.refuse({ status: 503 })
    read('b')
    await server.advance(60_000)
    await server.publish('a', 1)
    await server.advance(100)
    expect([found.get('a'), states]).toEqual([[1], []])
    server.faults.heal()
    await server.advance(60_000)
    await server.publish('b', 2)
    await server.advance(100)
    expect([found.get('b'), found.get('a'), states]).toEqual([[2], [1], []])
  })

  it('is not asked for anew when the page is shown before the time that the server has said (§10)', async () => {
    const { server, page, asked, read } = await start(transport, ['a'])
    const { fetch } = page
    let refused = 0
    Object.assign(page, {
      fetch: async (...given: Parameters<typeof fetch>) => {
        if (refused++) return fetch(...given)
        return new Response('', { status: 503, headers: { 'retry-after': '20' } })
      },
    })
    read('b')
    await server.advance(1000)
    const before = asked.length
    page.hide()
    await server.advance(1000)
    page.show()
    await server.advance(10_000)
    expect([refused, asked.length]).toEqual([1, before])
    await server.advance(15_000)
    expect(asked.length).toBe(before + 1)
  })

  it('goes on without a channel more that may not be read', async () => {
    const { server, client, found, read } = await start(transport, ['a'], {
      authorize: (_who, _action, channel) => channel !== 'b',
    })
    const states: string[] = []
    client.onStatus(({ state }) => states.push(state))
    for (const name of ['b', 'c']) read(name)
    await server.advance(1000)
    for (const name of ['a', 'c']) await server.publish(name, name)
    await server.advance(100)
    expect([client.channel('b').status.state, found.get('a'), found.get('c'), states]).toEqual([
      'refused',
      ['a'],
      ['c'],
      ['refused', 'live'],
    ])
  })

  it('is not asked for anew for each channel that is left, only once something still comes of it after a while', async () => {
    const names = ['a', 'b', 'c', 'd']
    const { server, asked, found, stops } = await start(transport, names)
    const before = asked.length
    for (const stop of stops.slice(1)) {
      stop()
      await server.advance(5000)
    }
    for (const name of names) await server.publish(name, name)
    await server.advance(20_000)
    expect([asked.length, [...found.values()]]).toEqual([before, [['a'], [], [], []]])
    await server.publish('b', 'late')
    await server.advance(100)
    await server.publish('a', 'next')
    await server.advance(100)
    expect([asked.length, found.get('a')]).toEqual([before + 1, ['a', 'next']])
  })
})

it('a stream that went on waits no longer after a cut for what was refused beside it long before (§10)', async () => {
  const { server, page, client, read } = await start('sse', ['a'])
  Object.assign(page, { random: () => 0.99 })
  for (const name of ['b', 'c', 'd', 'e', 'f']) {
    server.faults.refuse({ status: 503 })
    read(name)
    await server.advance(200)
    server.faults.heal()
    await server.advance(40_000)
    expect(client.channel(name).status.state).toBe('live')
  }
  server.faults.refuse()
  server.faults.cut()
  await server.advance(200)
  expect(client.status.state).toBe('waiting')
  expect((client.status.retryAt ?? 0) - page.now()).toBeLessThan(1000)
})

describe('what a server says of when to come back', () => {
  it('is kept to by all links, whatever happens to another one meanwhile (§10)', async () => {
    const server = createTestServer<object>({ authorize: () => true })
    onTestFinished(() => server.close())
    const page = server.environment()
    const asked: number[] = []
    const fetch: typeof page.fetch = async () => {
      asked.push(page.elapsed())
      if (asked.length % 2) return new Response('', { status: 503, headers: { 'retry-after': '20' } })
      await new Promise<void>((resolve) => page.after(100, resolve))
      throw new TypeError('cut')
    }
    const client = connect(server.url, {
      environment: Object.assign(Object.create(page), { fetch }),
      transport: 'sse',
    })
    onTestFinished(() => client.close())
    // Over HTTP a link has one rate.
    for (const maxRate of [1, 2]) client.channel(`a${maxRate}`, { need: {}, maxRate }).subscribe(() => {})
    await server.advance(50_000)
    const from = asked[0] ?? 0
    expect(asked.map((at) => Math.round((at - from) / 1000))).toEqual([0, 0, 20, 20, 40, 40])
  })
})

describe.each(['sse', 'ndjson'] as const)(
  'an open %s of a channel that may not be read any more',
  (transport) => {
    it.each([[[]], [['b']], [['b', 'c']]])(
      'is not asked for again and again, and takes no other channel with it: %j comes to it',
      async (more) => {
        let isBanned = false
        const { server, page, client, asked, found, read } = await start(transport, ['a', 'z'], {
          authorize: (_who, _action, channel) => !isBanned || channel !== 'a',
        })
        isBanned = true
        const before = asked.length
        for (const name of more) read(name)
        if (!more.length) {
          page.hide()
          page.show()
        }
        await server.advance(5000)
        for (const name of ['z', ...more]) await server.publish(name, name)
        await server.advance(100)
        const states = ['a', 'z', ...more].map((name) => client.channel(name).status.state)
        expect(states).toEqual(['refused', 'live', ...more.map(() => 'live')])
        expect(['z', ...more].map((name) => found.get(name))).toEqual(['z', ...more].map((name) => [name]))
        expect(asked.length - before).toBeLessThan(4)
      },
    )
  },
)
