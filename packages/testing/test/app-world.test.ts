import { connect, type Environment, typed } from '@gamut/client'
import { defineChannels } from '@gamut/server'
import { collect, createTestServer, type FaultStep } from '@gamut/testing/app'
import { describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { startClient, startReader, startServer, transportNames } from './app-rig.js'

/** What a page is told, in order. */
function listen(page: Environment): string[] {
  const told: string[] = []
  page.onChange((what) => told.push(what))
  return told
}

describe('time', () => {
  it('stands still until the test lets it pass', async () => {
    const server = startServer({ now: 1_000_000 })
    const page = server.environment()
    const called: number[] = []
    page.after(1000, () => called.push(page.elapsed()))
    const cancel = page.after(500, () => called.push(page.elapsed()))
    cancel()
    await server.settle()
    expect([page.now(), server.now()]).toEqual([1_000_000, 1_000_000])
    await server.advance(999)
    expect(called).toEqual([])
    await server.advance(1)
    expect(called).toEqual([1000])
    expect(page.now()).toBe(1_001_000)
  })

  it('is that of the server too: what it stores, how long it keeps, when it sends heartbeats', async () => {
    const server = startServer({ channels: { 'c/*': { retention: { ageMs: 60_000 } } } })
    await server.publish('c/a', 'old')
    await server.advance(61_000)
    const { time } = await server.publish('c/a', 'new')
    expect(time).toBe(server.now())
    const { seen } = await startReader(server, 'sse')
    expect(seen.data).toEqual(['new'])
    await server.advance(120_000)
    expect(server.connections).toMatchObject([{ way: 'sse', ageMs: 120_000 }])
  })

  it('passes while timers of the test are its own', async () => {
    vi.useFakeTimers()
    try {
      const server = startServer()
      const { seen } = await startReader(server, 'websocket')
      await server.publish('c/a', 1)
      await server.advance(100)
      expect(seen.data).toEqual([1])
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('chance', () => {
  async function run(seed: number): Promise<number[]> {
    const server = createTestServer({ seed })
    const { client } = startClient(server, { transport: 'sse' })
    client.channel('c/a').subscribe(() => {})
    const ages: number[] = []
    for (let round = 0; round < 5; round += 1) {
      await server.advance(3000)
      ages.push(...server.connections.map(({ ageMs }) => ageMs))
      server.faults.cut()
    }
    client.close()
    await server.close()
    return ages
  }

  it('follows from the seed alone', async () => {
    expect(await run(7)).toEqual(await run(7))
    expect(await run(7)).not.toEqual(await run(8))
  })
})

describe('a page', () => {
  it('tells what happens to it', () => {
    const server = startServer()
    const page = server.environment({ network: 'wifi' })
    const told = listen(page)
    expect(page.network()).toBe('wifi')
    page.hide()
    expect(page.isHidden()).toBe(true)
    page.show()
    page.freeze()
    page.thaw()
    page.goOffline()
    expect(page.isOffline()).toBe(true)
    page.goOnline()
    page.changeNetwork('phone')
    expect(page.network()).toBe('phone')
    expect(told).toEqual(['hidden', 'visible', 'frozen', 'shown', 'offline', 'online'])
  })

  it('runs no timer while it is frozen, and those that fell due once it is not', async () => {
    const server = startServer()
    const page = server.environment()
    const called: number[] = []
    page.after(100, () => called.push(page.elapsed()))
    const cancel = page.after(100, () => called.push(Number.NaN))
    page.freeze()
    await server.advance(5000)
    expect(called).toEqual([])
    cancel()
    page.thaw()
    expect(called).toEqual([5000])
  })

  it('keeps what its browser stores, and nothing of another', () => {
    const server = startServer()
    const [one, two, other] = [{ browser: 'a' }, { browser: 'a' }, {}].map((options) =>
      server.environment(options),
    )
    one?.storage?.setItem('name', 'kept')
    expect([one, two, other].map((page) => page?.storage?.getItem('name'))).toEqual(['kept', 'kept', null])
    expect(two?.tabStorage?.getItem('name')).toBeNull()
  })

  it('has troubles of its own', async () => {
    const server = startServer()
    const one = await startReader(server, 'websocket')
    const other = await startReader(server, 'websocket')
    one.page.faults.mute()
    await server.publish('c/a', 1)
    await server.advance(100)
    expect([one.seen.data, other.seen.data]).toEqual([[], [1]])
  })

  it('may have no WebSocket, and sends what its browser would', async () => {
    const server = startServer({
      authenticate: (request) => ({ id: request.headers.get('cookie') ?? 'nobody' }),
      authorize: (identity) => identity?.id === 'user=ada',
    })
    const page = server.environment({ webSocket: false, headers: { cookie: 'user=ada' } })
    expect(page.WebSocket).toBeUndefined()
    const { client } = startClient(server, { page, transport: 'sse' })
    const seen = collect(client.channel('c/a'))
    await server.settle()
    await server.publish('c/a', 1)
    await server.settle()
    expect(seen.data).toEqual([1])
  })
})

describe('tokens', () => {
  it('are taken while they last, in the time of the test', async () => {
    const server = startServer({ channels: {}, authorize: (identity) => identity?.id === 'ada' })
    const token = server.token('ada', { forMs: 90_000 })
    const { seen } = await startReader(server, 'sse', { getToken: () => token })
    await server.publish('c/a', 1)
    await server.advance(89_000)
    expect(server.connections).toHaveLength(1)
    await server.publish('c/a', 2)
    await server.settle()
    await server.advance(2000)
    await server.publish('c/a', 3)
    await server.advance(60_000)
    expect(seen.data).toEqual([1, 2])
  })

  it('are refused where nobody gave them', async () => {
    const server = startServer({ channels: {} })
    const { seen } = await startReader(server, 'poll', { getToken: () => 'made up' })
    await server.publish('c/a', 1)
    await server.advance(10_000)
    expect(seen.data).toEqual([])
  })

  it('of one are ended and those of another are not', async () => {
    const server = startServer({ channels: {} })
    const [ada, bob] = [server.token('ada'), server.token('bob')]
    const first = await startReader(server, 'sse', { getToken: () => ada })
    const second = await startReader(server, 'sse', { getToken: () => bob })
    await server.faults.expireToken('ada')
    await server.publish('c/a', 1)
    await server.advance(10_000)
    expect([first.seen.data, second.seen.data]).toEqual([[], [1]])
  })
})

describe('a script', () => {
  const steps: readonly FaultStep[] = [
    { at: 1000, mute: { on: 'sse' } },
    { at: 2000, heal: true },
    { at: 3000, cut: true },
    { at: 4000, killNode: true },
    { at: 6000, restartNode: true },
    { at: 7000, refuse: { status: 503 } },
    { at: 9000, heal: true },
    { at: 10_000, drain: true },
    { at: 12_000, heal: true },
    { at: 13_000, sleep: 60_000 },
  ]

  it('happens by virtual time', async () => {
    const server = startServer()
    const { seen } = await startReader(server, 'sse')
    server.faults.script(steps)
    await server.advance(1500)
    await server.publish('c/a', 'muted')
    await server.advance(400)
    expect(seen.data).toEqual([])
    await server.advance(100)
    expect(seen.data).toEqual(['muted'])
    await server.advance(1000)
    expect(server.connections).toEqual([])
  })

  it.each(transportNames)('with all of it is got through over %s', async (transport) => {
    const server = startServer()
    const { seen } = await startReader(server, transport)
    server.faults.script(steps)
    for (let second = 0; second < 20; second += 1) {
      await server.publish('c/a', second)
      await server.advance(1000)
    }
    await server.advance(120_000)
    expect(seen.data).toEqual(Array.from({ length: 20 }, (_, second) => second))
    await server.check(seen, { from: 'oldest' })
  })

  it('says which step there is not', async () => {
    const server = startServer()
    server.faults.script([{ at: 0, explode: true } as never])
    await expect(server.advance(1)).rejects.toThrow('A fault script has no step "explode".')
    server.faults.script([{ at: 0 } as never])
    await expect(server.advance(1)).rejects.toThrow('A fault script has no step "".')
  })

  it('says which way there is not, and what is no time', async () => {
    const server = startServer()
    expect(() => server.faults.mute({ on: 'websockets' as never })).toThrow('There is no way "websockets"')
    await expect(server.advance(Number.NaN)).rejects.toThrow('advance takes milliseconds')
  })
})

describe('types', () => {
  it('are those of the definitions', async () => {
    const channels = defineChannels({ 'count/*': { schema: z.number() } })
    const server = createTestServer({ channels })
    const gamut = connect(server.url, { environment: server.environment(), channels: typed(channels) })
    const seen: number[] = []
    gamut.channel('count/a').subscribe(({ data }) => seen.push(data))
    await server.settle()
    await server.publish('count/a', 1)
    // @ts-expect-error: a text is no number
    await expect(server.publish('count/a', 'two')).rejects.toThrow('does not fit')
    await server.settle()
    expect(seen).toEqual([1])
    gamut.close()
    await server.close()
  })
})
