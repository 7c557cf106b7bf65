import type { TransportName } from '@gamut/protocol'
import { describe, expect, it } from 'vitest'
import { startClient, startReader, startServer, transportNames } from './app-rig.js'

const held: readonly TransportName[] = ['websocket', 'sse', 'ndjson']
const polls: readonly TransportName[] = ['long-poll', 'poll']

describe.each(held)('a proxy that is mute, over %s', (transport) => {
  it('lets it be open and say nothing, and lets out what it kept once it is healed', async () => {
    const server = startServer()
    const { seen } = await startReader(server, transport)
    server.faults.mute()
    await server.publish('c/a', 'kept')
    await server.advance(1000)
    expect(seen.data).toEqual([])
    expect(server.connections).toMatchObject([{ way: transport, ageMs: 1000 }])
    server.faults.heal()
    await server.settle()
    expect(seen.data).toEqual(['kept'])
  })

  it('is left by its client within the deadline for a first event', async () => {
    const server = startServer()
    server.faults.mute({ on: transport })
    const { client, page } = startClient(server, { transport: [transport, 'poll'] })
    client.channel('c/a').subscribe(() => {})
    await server.advance(2900)
    expect(server.connections).toMatchObject([{ way: transport, environment: page }])
    await server.advance(5000)
    await server.publish('c/a', 'by a poll')
    expect(server.connections.filter(({ way }) => way === transport)).toEqual([])
  })
})

describe.each(held)('a proxy that stays mute, over %s', (transport) => {
  it('is tried again beside what works, which stays open and is all that the status tells of', async () => {
    const server = startServer()
    server.faults.mute({ on: transport })
    const { client } = startClient(server, { transport: [transport, 'long-poll'] })
    const data: unknown[] = []
    client.channel('c/a').subscribe((message) => data.push(message.data))
    await server.advance(5000)
    expect(client.status).toMatchObject({ state: 'live', transport: 'long-poll' })
    const told: unknown[] = []
    client.onStatus((status) => told.push(status))
    await server.advance(14_000)
    expect(told).toEqual([])
    expect(server.connections).toHaveLength(1)
    expect(server.connections[0]?.ageMs).toBeGreaterThan(14_000)
    await server.publish('c/a', 'by what works')
    await server.settle()
    expect(data).toEqual(['by what works'])
  })
})

describe.each(polls)('a proxy that is mute, over %s', (transport) => {
  it('lets answers pass that are whole', async () => {
    const server = startServer()
    const { seen } = await startReader(server, transport)
    server.faults.mute()
    await server.publish('c/a', 'whole')
    await server.advance(2000)
    expect(seen.data).toEqual(['whole'])
  })
})

describe.each(transportNames)('over %s', (transport) => {
  it('what is cut comes back and misses nothing', async () => {
    const server = startServer()
    const { seen } = await startReader(server, transport)
    await server.publish('c/a', 'before')
    await server.advance(2000)
    server.faults.cut()
    await server.publish('c/a', 'meanwhile')
    expect(server.connections).toEqual([])
    await server.advance(5000)
    expect(seen.data).toEqual(['before', 'meanwhile'])
    expect(seen.events).toEqual([])
  })

  it('a delivery that is lost takes its connection with it, and is read again', async () => {
    const server = startServer()
    const { seen } = await startReader(server, transport)
    server.faults.drop({ count: 2 })
    await server.publish('c/a', 'lost twice')
    await server.advance(10_000)
    expect(seen.data).toEqual(['lost twice'])
    await server.check(seen, { from: 'oldest' })
  })

  it('what comes twice is told once', async () => {
    const server = startServer()
    const { seen } = await startReader(server, transport)
    server.faults.repeat({ count: 10 })
    for (let count = 0; count < 10; count += 1) await server.publish('c/a', count)
    await server.advance(5000)
    await server.check(seen, { from: 'oldest' })
  })

  it('a publish whose answer is lost is stored once', async () => {
    const server = startServer()
    const { client, seen } = await startReader(server, transport)
    server.faults.drop({ on: 'publish' })
    const published = client.channel('c/a').publish('once')
    await server.advance(20_000)
    expect(await published).toMatchObject({ replayed: true })
    expect(seen.data).toEqual(['once'])
  })

  it('a publish that reaches the server twice is stored once', async () => {
    const server = startServer()
    const { client, seen } = await startReader(server, transport)
    server.faults.repeat({ on: 'publish' })
    const published = client.channel('c/a').publish('once')
    await server.advance(5000)
    await published
    expect(seen.data).toEqual(['once'])
  })

  it('nothing gets through while it is refused', async () => {
    const server = startServer()
    server.faults.refuse()
    const { seen } = await startReader(server, transport)
    await server.publish('c/a', 'behind it')
    await server.advance(20_000)
    expect(seen.data).toEqual([])
    server.faults.heal()
    await server.advance(60_000)
    expect(seen.data).toEqual(['behind it'])
  })

  it('a portal answers in the place of the server until somebody has logged in', async () => {
    const server = startServer()
    server.faults.html()
    const { seen } = await startReader(server, transport)
    await server.publish('c/a', 'behind it')
    await server.advance(20_000)
    expect(seen.data).toEqual([])
    server.faults.heal()
    await server.advance(60_000)
    expect(seen.data).toEqual(['behind it'])
  })

  it('what is sent takes as long as it is delayed, each way', async () => {
    const server = startServer()
    const { client, seen } = await startReader(server, transport)
    server.faults.delay({ ms: 200 })
    let isStored = false
    void client
      .channel('c/a')
      .publish('slow')
      .then(() => {
        isStored = true
      })
    await server.advance(399)
    expect(isStored).toBe(false)
    await server.advance(1)
    expect(isStored).toBe(true)
    await server.advance(3000)
    expect(seen.data).toEqual(['slow'])
  })

  it('a node that dies and comes back over the same store misses nothing', async () => {
    const server = startServer()
    const { seen } = await startReader(server, transport)
    await server.publish('c/a', 'before')
    await server.advance(2000)
    await server.faults.killNode()
    await server.publish('c/a', 'by another node')
    await server.advance(10_000)
    expect(seen.data).toEqual(['before'])
    expect(server.connections).toEqual([])
    await server.faults.restartNode()
    await server.advance(60_000)
    expect(seen.data).toEqual(['before', 'by another node'])
    expect(seen.events).toEqual([])
  })

  it('a store that has lost everything is told as a gap', async () => {
    const server = startServer()
    const { seen } = await startReader(server, transport)
    await server.publish('c/a', 'before')
    await server.advance(2000)
    await server.faults.restartNode({ isEmpty: true })
    await server.publish('c/a', 'after')
    await server.advance(60_000)
    expect(seen.data).toEqual(['before', 'after'])
    expect(seen.events).toEqual(['gap epoch'])
    await server.check(seen)
  })

  it('a node that drains sends its readers away, and they come back', async () => {
    const server = startServer()
    const { seen } = await startReader(server, transport)
    await server.faults.drain()
    await server.publish('c/a', 'meanwhile')
    await server.advance(1000)
    expect(server.connections).toEqual([])
    await server.faults.restartNode()
    await server.advance(60_000)
    expect(seen.data).toEqual(['meanwhile'])
    expect(seen.events).toEqual([])
  })

  it('a reader whose token has ended comes back with another one', async () => {
    const server = startServer({ channels: {} })
    const given: string[] = []
    const getToken = () => {
      given.push(server.token('ada'))
      return given.at(-1)
    }
    const { seen } = await startReader(server, transport, { getToken })
    await server.publish('c/a', 'before')
    await server.advance(20_000)
    const before = given.length
    await server.faults.expireToken()
    await server.publish('c/a', 'after')
    await server.advance(60_000)
    expect(given.length).toBeGreaterThan(before)
    expect(seen.data).toEqual(['before', 'after'])
    expect(seen.events).toEqual([])
  })

  it('a device that sleeps runs nothing, and has everything once it is awake', async () => {
    const server = startServer()
    const { seen } = await startReader(server, transport)
    server.faults.sleep(600_000)
    await server.publish('c/a', 'by night')
    await server.advance(599_999)
    expect(seen.data).toEqual([])
    await server.advance(30_001)
    expect(seen.data).toEqual(['by night'])
    expect(seen.events).toEqual([])
  })

  it('a network that is away lets nothing through', async () => {
    const server = startServer()
    const { page, seen } = await startReader(server, transport)
    page.goOffline()
    await server.publish('c/a', 'meanwhile')
    await server.advance(5000)
    expect(seen.data).toEqual([])
    page.goOnline()
    await server.advance(30_000)
    expect(seen.data).toEqual(['meanwhile'])
  })
})

describe('a middlebox that cuts WebSockets', () => {
  it('lets each be open for so long and no longer', async () => {
    const server = startServer()
    await startReader(server, 'websocket')
    server.faults.cutSockets({ after: 300 })
    await server.advance(299)
    expect(server.connections).toHaveLength(1)
    await server.advance(1)
    expect(server.connections).toHaveLength(0)
  })
})
