import { connect, type Environment, type Gamut } from '@gamut/client'
import { type Presence, presence } from '@gamut/client/presence'
import { createTestServer } from '@gamut/testing/app'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startPresence } from './presence-server.js'

type World = ReturnType<typeof startPresence>

/** A client of somebody's page. */
function enter({ server, page }: World, identity: string, transport: 'websocket' | 'sse' | 'poll'): Gamut {
  const client = connect(server.url, {
    environment: page(identity),
    transport,
    pollHiddenAfterMs: 1e9,
    getToken: async () => server.token(identity),
  })
  onTestFinished(() => client.close())
  return client
}

/** Who is there, as text, as often as it changes. */
function watch(of: Presence): string[] {
  const told: string[] = []
  onTestFinished(
    of.onChange(({ members, error }) => {
      const all = [...members].map(([key, { state }]) => `${key}=${JSON.stringify(state)}`)
      told.push(error ? error.code : all.join(' '))
    }),
  )
  return told
}

describe('who is there', () => {
  it.each(['websocket', 'sse', 'poll'] as const)(
    'is read over %s: a snapshot, then who comes, changes and leaves (§11)',
    async (transport) => {
      const world = startPresence()
      const { server } = world
      const ann = presence(enter(world, 'ann', 'sse').channel('chat'), { device: 'phone', state: 'here' })
      await server.settle()
      const told = watch(presence(enter(world, 'bob', transport).channel('chat')))
      await server.advance(100)
      expect(told).toEqual(['ann/phone="here"'])
      ann.set('away')
      await server.advance(10_000)
      expect(told.at(-1)).toBe('ann/phone="away"')
      ann.leave()
      await server.advance(10_000)
      expect(told.at(-1)).toBe('')
    },
  )

  it('is each device of an identity by itself', async () => {
    const world = startPresence()
    const { server } = world
    for (const device of ['phone', 'desk'])
      presence(enter(world, 'a/b', 'sse').channel('chat'), { device, state: device })
    await server.settle()
    const seen = presence(enter(world, 'bob', 'sse').channel('chat'))
    watch(seen)
    await server.settle()
    expect([...seen.members.values()]).toEqual([
      { identity: 'a/b', device: 'phone', state: 'phone' },
      { identity: 'a/b', device: 'desk', state: 'desk' },
    ])
  })

  it('is replaced by a snapshot that comes later (§5)', async () => {
    const world = startPresence()
    const { server } = world
    await server.publish('$presence/chat', 1, { key: 'old/d' })
    const seen = presence(enter(world, 'bob', 'sse').channel('chat'))
    const told = watch(seen)
    await server.settle()
    expect(told.at(-1)).toBe('old/d=1')
    await server.faults.restartNode({ isEmpty: true })
    await server.publish('$presence/chat', 2, { key: 'new/d' })
    await server.advance(30_000)
    expect(told.at(-1)).toBe('new/d=2')
  })

  it('is not asked for any more when nobody listens, although the server is away', async () => {
    const world = startPresence()
    const { server } = world
    const page = world.page('bob')
    let count = 0
    const fetch: typeof page.fetch = (input, init) => {
      count += 1
      return page.fetch(input, init)
    }
    const client = connect(server.url, { environment: Object.assign(Object.create(page), { fetch }) })
    onTestFinished(() => client.close())
    await server.faults.killNode()
    const stop = presence(client.channel('chat')).onChange(() => {})
    await server.advance(10_000)
    expect(count).toBeGreaterThan(1)
    stop()
    await server.settle()
    const before = count
    await server.advance(60_000)
    expect(count).toBe(before)
  })

  it('is seen by two that look, each in its time', async () => {
    const world = startPresence()
    const { server } = world
    await server.publish('$presence/chat', 1, { key: 'ann/d' })
    const client = enter(world, 'bob', 'sse')
    watch(presence(client.channel('chat')))
    await server.settle()
    const told = watch(presence(client.channel('chat')))
    await server.settle()
    expect(told).toEqual(['ann/d=1'])
  })

  it('is no news where it is only said again', async () => {
    const world = startPresence()
    const { server, said } = world
    presence(enter(world, 'ann', 'poll').channel('chat'), { device: 'd', state: { at: 1 } })
    const told = watch(presence(enter(world, 'bob', 'sse').channel('chat')))
    await server.advance(60_000)
    expect(said.length).toBeGreaterThan(3)
    expect(told.filter((line) => line)).toEqual(['ann/d={"at":1}'])
  })

  it('is nobody any more when nobody listens, and is read anew by who listens again', async () => {
    const world = startPresence()
    const { server } = world
    presence(enter(world, 'ann', 'sse').channel('chat'), { device: 'd', state: 1 })
    const seen = presence(enter(world, 'bob', 'sse').channel('chat'))
    const stop = seen.onChange(() => {})
    await server.settle()
    expect(seen.members.size).toBe(1)
    stop()
    await server.settle()
    expect([seen.members.size, server.connections.length]).toEqual([0, 0])
    expect(watch(seen)).toEqual([])
    await server.settle()
    expect(seen.members.size).toBe(1)
  })
})

describe('who is there, after a page is loaded again', () => {
  it('is whole also where positions are kept', async () => {
    const world = startPresence()
    const { server } = world
    for (const device of ['a', 'b'])
      presence(enter(world, 'ann', 'sse').channel('chat'), { device, state: device })
    await server.settle()
    const environment = world.page('bob')
    const load = () => {
      const client = connect(server.url, { environment, transport: 'sse', positions: 'keep' })
      onTestFinished(() => client.close())
      return { client, told: watch(presence(client.channel('chat'))) }
    }
    const first = load()
    await server.settle()
    await server.publish('$presence/chat', 'c', { key: 'ann/c' })
    await server.advance(1000)
    first.client.close()
    const { told } = load()
    await server.settle()
    expect(told.at(-1)).toBe('ann/a="a" ann/b="b" ann/c="c"')
  })
})

describe('a client that is there', () => {
  it('says so by a frame of its WebSocket, again on the next one, and no more often (§11)', async () => {
    const world = startPresence()
    const { server, said } = world
    const client = enter(world, 'ann', 'websocket')
    client.channel('chat').subscribe(() => {})
    await server.settle()
    presence(client.channel('chat'), { device: 'd', state: { at: 1 } })
    await server.advance(60_000)
    expect(said).toEqual(['frame ann/d {"at":1}'])
    server.faults.cut()
    await server.advance(60_000)
    expect(said).toEqual(Array(2).fill('frame ann/d {"at":1}'))
  })

  it('says another state over the connection that it is on, also where it is set before the last one is answered', async () => {
    const now: Presence<number>[] = []
    let isAsked = false
    const world = startPresence({
      refuse: () => {
        if (!isAsked) now[0]?.set(2)
        isAsked = true
        return undefined
      },
    })
    const { server, said } = world
    const client = enter(world, 'ann', 'websocket')
    client.channel('chat').subscribe(() => {})
    await server.settle()
    const own = presence<number>(client.channel('chat'), { device: 'd', state: 1 })
    now.push(own)
    await server.settle()
    own.set(0)
    await server.settle()
    expect(said).toEqual(['frame ann/d 1', 'frame ann/d 2', 'frame ann/d 0'])
  })

  it('says what it was set to while the state before that was refused', async () => {
    const now: Presence<number>[] = []
    const world = startPresence({
      refuse: () => {
        if (world.said.length || !now[0]) return undefined
        now.pop()?.set(2)
        return 'too_large'
      },
    })
    const { server, said } = world
    const own = presence<number>(enter(world, 'ann', 'sse').channel('chat'), { device: 'd', state: 1 })
    now.push(own)
    await server.settle()
    expect(said).toEqual(['poll ann/d 2'])
    expect(own.error).toBeUndefined()
  })

  it('says so by polls in time where it has none, and its lease ends when it does not', async () => {
    const world = startPresence()
    const { server } = world
    const client = enter(world, 'ann', 'poll')
    presence(client.channel('chat'), { device: 'd', state: 1 })
    const told = watch(presence(enter(world, 'bob', 'sse').channel('chat')))
    await server.advance(200_000)
    expect(told.at(-1)).toBe('ann/d=1')
    client.close()
    await server.advance(50_000)
    expect(told.at(-1)).toBe('')
  })

  it.each(['sse', 'poll'] as const)(
    'comes in time over %s where leases are short (§11)',
    async (transport) => {
      const world = startPresence({}, { heartbeatMs: 1000 })
      const { server } = world
      presence(enter(world, 'ann', transport).channel('chat'), { device: 'd', state: 1 })
      await server.settle()
      const told = watch(presence(enter(world, 'bob', 'sse').channel('chat')))
      await server.advance(30_000)
      expect(told).toEqual(['ann/d=1'])
    },
  )

  it('is not said without a rest, whatever a server tells of its lease', async () => {
    const world = startPresence()
    const { server } = world
    const page = world.page('ann')
    const { fetch } = page
    let asked = 0
    const environment: Environment = Object.assign(Object.create(page), {
      fetch: async (...given: Parameters<typeof fetch>) => {
        asked += 1
        const response = await fetch(...given)
        return Response.json({ ...(await response.json()), keyAgeMs: -1, pollAfterMs: 0 })
      },
    })
    const client = connect(server.url, {
      environment,
      transport: 'poll',
      getToken: () => server.token('ann'),
    })
    onTestFinished(() => client.close())
    presence(client.channel('chat'), { device: 'd', state: 1 })
    await server.advance(10_000)
    expect(asked).toBeLessThan(120)
  })

  it('moves from one to the other with its client', async () => {
    const world = startPresence()
    const { server, said } = world
    const client = enter(world, 'ann', 'websocket')
    client.channel('chat').subscribe(() => {})
    await server.settle()
    presence(client.channel('chat'), { device: 'd', state: 1 })
    await server.settle()
    client.move('sse')
    await server.advance(6_000)
    expect(said).toEqual(['frame ann/d 1', 'poll ann/d 1'])
    client.move('websocket')
    await server.advance(6_000)
    expect(said.at(-1)).toBe('frame ann/d 1')
  })

  it('says the newest of what is set in a turn, and nothing where it leaves in the same one', async () => {
    const world = startPresence()
    const { server, said } = world
    const own = presence<number>(enter(world, 'ann', 'sse').channel('chat'), { device: 'd', state: 1 })
    own.set(2)
    await server.settle()
    expect(said).toEqual(['poll ann/d 2'])
    own.leave()
    own.set(3)
    await server.settle()
    expect(said).toEqual(['poll ann/d 2', 'poll ann/d 3'])
  })

  it('has one device for its page if none is named', async () => {
    const world = startPresence()
    const { server, said } = world
    const client = enter(world, 'ann', 'sse')
    for (const name of ['a', 'b']) presence(client.channel(name), { state: 1 })
    await server.settle()
    expect(said).toHaveLength(2)
    expect(new Set(said).size).toBe(1)
  })

  it('is told when it may not be, goes on seeing the others, and may try again (§13)', async () => {
    let code: string | undefined = 'forbidden'
    const world = startPresence({ refuse: () => code })
    const { server } = world
    const own = presence<number>(enter(world, 'ann', 'sse').channel('chat'), { device: 'd', state: 1 })
    const told = watch(own)
    await server.settle()
    expect(told).toContain('forbidden')
    code = undefined
    own.set(2)
    await server.settle()
    expect(told.at(-1)).toBe('ann/d=2')
    expect(own.error).toBeUndefined()
  })

  it('waits for a server that is away, and stops when it leaves', async () => {
    const world = startPresence()
    const { server, said } = world
    const own = presence<number>(enter(world, 'ann', 'sse').channel('chat'), { device: 'd' })
    await server.faults.killNode()
    own.set(1)
    await server.advance(20_000)
    await server.faults.restartNode()
    await server.advance(30_000)
    expect(said[0]).toBe('poll ann/d 1')
  })
})

describe('a server without presence', () => {
  it.each(['websocket', 'sse'] as const)('is said to have none, over %s (§11)', async (transport) => {
    const server = createTestServer({})
    onTestFinished(() => server.close())
    const inner = server.environment()
    // What a server of before presence says of a name of which it knows nothing.
    const fetch: Environment['fetch'] = async (input, init) => {
      const response = await inner.fetch(input, init)
      if (!String(input).includes('?info')) return response
      return Response.json({ ...(await response.json()), keyed: false })
    }
    const environment = Object.assign(Object.create(inner), { fetch })
    const client = connect(server.url, { environment, transport })
    onTestFinished(() => client.close())
    client.channel('chat').subscribe(() => {})
    const own = presence(client.channel('chat'), { state: 1 })
    const told = watch(own)
    await server.advance(60_000)
    expect(told).toEqual(['no_presence'])
    expect(own.error?.message).toBe('This server has no presence yet.')
  })

  it('that knows the channel but not the frame has none either', async () => {
    const world = startPresence({ refuse: () => 'frame_invalid' })
    const { server } = world
    const client = enter(world, 'ann', 'websocket')
    client.channel('chat').subscribe(() => {})
    await server.settle()
    const own = presence(client.channel('chat'), { state: 1 })
    await server.settle()
    expect(own.error?.code).toBe('no_presence')
  })
})
