import { getEventListeners } from 'node:events'
import { type Channel, type ConnectOptions, connect, type Environment, type GamutError } from '@gamut/client'
import { createClient, poll } from '@gamut/client/core'
import { GamutError as ServerError } from '@gamut/server'
import { createTestServer, type TestEnvironment, type TestServerOptions } from '@gamut/testing/app'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { Client } from '../src/client.js'
import { startServer, until } from './rig.js'

/** A client in a page whose timers are counted. */
function start(
  options: TestServerOptions<object> = {},
  more: ConnectOptions = {},
  changes: (page: TestEnvironment) => Partial<Environment> = () => ({}),
) {
  const server = createTestServer<object>(options)
  onTestFinished(() => server.close())
  const page = server.environment()
  const timers = new Set<object>()
  const after: Environment['after'] = (ms, call) => {
    const timer = {}
    timers.add(timer)
    const stop = page.after(ms, () => {
      timers.delete(timer)
      call()
    })
    return () => {
      timers.delete(timer)
      stop()
    }
  }
  const environment = Object.assign(Object.create(page), { after }, changes(page))
  const client = connect(server.url, { environment, ...more })
  onTestFinished(() => client.close())
  return { server, client, page, timers }
}

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: GamutError) => error.code ?? error.name,
  )

describe('a loop', () => {
  it('ends at a gap, with nothing of what comes behind it (I6)', async () => {
    const { server, client } = start({ channels: { a: { retention: { count: 2 } } } }, { transport: 'poll' })
    const { cursor } = await server.publish('a', 0)
    for (let count = 1; count < 6; count += 1) await server.publish('a', count)
    const found: unknown[] = []
    const loop = async () => {
      for await (const { data } of client.channel('a', { cursor })) found.push(data)
    }
    const code = codeOf(loop())
    await server.settle()
    expect([await code, found]).toEqual(['gap', []])
  })

  it('keeps no more than so much of what is not taken', async () => {
    const { server, client } = start(
      { channels: { a: { retention: { count: 20_000 } } } },
      { transport: 'websocket' },
    )
    const loop = client.channel('a')[Symbol.asyncIterator]()
    await server.publish('a', 0)
    const first = loop.next()
    await server.settle()
    await first
    for (let count = 0; count < 10_600; count += 1) await server.publish('a', count)
    await server.settle()
    let taken = 0
    const take = async () => {
      while (!(await loop.next()).done) taken += 1
    }
    expect(await codeOf(take())).toBe('behind')
    expect(taken).toBeLessThan(10_010)
  })
})

describe('a reader of the core', () => {
  it('reads whatever the browser says of its network, as nothing tells it when that is back', async () => {
    vi.stubGlobal('navigator', { onLine: false })
    onTestFinished(() => void vi.unstubAllGlobals())
    const { gamut, url } = await startServer()
    await gamut.publish('a', 1)
    const reader = createClient({ url, transports: [poll()] })
    onTestFinished(() => reader.close())
    const found: unknown[] = []
    reader.subscribe('a', ({ data }) => found.push(data))
    await until(() => found.length)
  })
})

it('a reader of the core that comes after the end is told of it, but not before it can stop', async () => {
  const server = createTestServer<object>({ authorize: () => true })
  onTestFinished(() => server.close())
  const environment = server.environment()
  const reader = createClient({ url: server.url, transports: [poll()], environment })
  onTestFinished(() => reader.close())
  await server.publish('a', 1)
  reader.subscribe('a', () => {})
  await server.advance(2000)
  await server.gamut.close('a')
  await server.advance(5000)
  const ends: string[] = []
  const stop = reader.subscribe('a', () => {}, { onEnd: () => ends.push('stopped') })
  stop()
  reader.subscribe('a', () => {}, { onEnd: (reason) => ends.push(reason) })
  expect(ends).toEqual([])
  await server.settle()
  expect(ends).toEqual(['closed'])
})

describe('a publish', () => {
  it('of what cannot be written rejects at once, and is not tried', async () => {
    const { client } = start()
    const circle: Record<string, unknown> = {}
    circle['own'] = circle
    expect(await codeOf(client.channel('a').publish(circle))).toBe('TypeError')
  })

  it('leaves nothing behind at its client, nor does a poll at its link (I19)', async () => {
    const signals = new Set<AbortSignal>()
    const { server, client } = start({}, { transport: 'poll' }, (page) => ({
      fetch: (input, { signal, ...init } = {}) => {
        if (signal) signals.add(signal)
        return page.fetch(input, init)
      },
    }))
    const channel = client.channel('a') as Channel & { client: Client }
    channel.subscribe(() => {})
    await server.advance(100_000)
    for (let count = 0; count < 20; count += 1) {
      const done = channel.publish(count)
      await server.settle()
      await done
    }
    signals.add(channel.client.closing.signal)
    for (const signal of signals) expect(getEventListeners(signal, 'abort').length).toBeLessThan(5)
  })
})

describe('a client that is closed by a listener of its status', () => {
  it('opens nothing more', async () => {
    const { server, client, timers } = start()
    client.onStatus(({ state }) => state === 'connecting' && client.close())
    client.channel('a', { need: {} }).subscribe(() => {})
    await server.advance(100)
    expect([server.connections.length, timers.size]).toEqual([0, 0])
  })

  it('waits for nothing more', async () => {
    const { server, client, timers } = start({}, { transport: 'sse' })
    await server.faults.killNode()
    client.onStatus(({ state }) => state === 'waiting' && client.close())
    client.channel('a', { need: {} }).subscribe(() => {})
    await server.settle()
    expect([client.status.state, timers.size]).toEqual(['closed', 0])
  })
})

describe('a WebSocket', () => {
  it('is closed when its only channel has ended', async () => {
    const { server, client } = start({}, { transport: 'websocket' })
    client.channel('a').subscribe(() => {})
    await server.settle()
    await server.gamut.close('a')
    await server.advance(100)
    expect([client.status.state, server.connections.length]).toEqual(['idle', 0])
  })

  it('is closed when its only channel is refused', async () => {
    const { server, client } = start({ authorize: () => false }, { transport: 'websocket' })
    client.channel('a').subscribe(() => {})
    await server.advance(100)
    expect([client.channel('a').status.state, server.connections.length]).toEqual(['refused', 0])
  })

  it('that may not be made is a transport that does not work', async () => {
    const { server, client } = start({}, { transport: ['websocket', 'sse'] }, () => ({
      WebSocket: class {
        constructor() {
          throw new DOMException('mixed content', 'SecurityError')
        }
      } as never,
    }))
    client.channel('a').subscribe(() => {})
    await server.advance(1000)
    expect(client.status).toMatchObject({ state: 'live', transport: 'sse' })
  })
})

describe.each(['websocket', 'sse'] as const)('the status over %s', (transport) => {
  it('is live beside a channel that is refused', async () => {
    const authorize = (_who: unknown, _action: unknown, name: string) => name !== 'b'
    const { server, client } = start({ authorize }, { transport })
    client.channel('a').subscribe(() => {})
    await server.settle()
    client.channel('b').subscribe(() => {})
    await server.advance(60_000)
    expect(['a', 'b'].map((name) => client.channel(name).status.state)).toEqual(['live', 'refused'])
    expect(client.status.state).toBe('live')
  })
})

it('an onError that throws loses nothing, and is told as if there were none', async () => {
  const thrown: unknown[] = []
  const later = vi.spyOn(globalThis, 'queueMicrotask')
  later.mockImplementation((call) => {
    void Promise.resolve()
      .then(call)
      .catch((error) => thrown.push(error))
  })
  onTestFinished(() => later.mockRestore())
  const onError = (error: unknown) => {
    throw error
  }
  const { server, client } = start({}, { transport: 'poll', onError })
  for (let count = 0; count < 5; count += 1) await server.publish('a', count)
  const found: unknown[] = []
  client.channel('a', { cursor: 'oldest' }).subscribe(({ data }) => {
    found.push(data)
    if (data === 1) throw new Error('mine')
  })
  await server.advance(10_000)
  expect([found, thrown.map(String)]).toEqual([[0, 1, 2, 3, 4], ['Error: mine']])
})

it('a poll whose answer says nothing of the next one is not repeated at once', async () => {
  let count = 0
  const answer = async () => {
    count += 1
    return count > 500 ? new Promise<Response>(() => {}) : Response.json({ channels: [] })
  }
  const { server, client } = start({}, { transport: 'poll' }, () => ({ fetch: answer }))
  client.channel('a', { need: {} }).subscribe(() => {})
  await server.advance(10_000)
  expect(count).toBeLessThan(20)
})

describe.each(['sse', 'ndjson'] as const)('a channel over %s', (transport) => {
  it('that is left and read again within a round trip is opened once, whatever comes of it meanwhile', async () => {
    let asked = 0
    const { server, client, page } = start({}, { transport }, (page) => ({
      fetch: (input, init) => {
        if (String(input).includes('as=')) asked += 1
        return page.fetch(input, init)
      },
    }))
    const channel = client.channel('a', { need: {} })
    client.channel('b', { need: {} }).subscribe(() => {})
    const stop = channel.subscribe(() => {})
    await server.advance(100)
    page.faults.delay({ on: transport, ms: 100 })
    stop()
    await server.advance(10)
    const found: unknown[] = []
    channel.subscribe(({ data }) => found.push(data))
    for (let count = 0; count < 50; count += 1) {
      await server.publish('a', count)
      await server.publish('b', count)
      await server.advance(20)
    }
    await server.advance(500)
    expect([asked, found.at(-1), client.status.transport]).toEqual([2, 49, transport])
  })
})

describe('what the server says of a channel', () => {
  const channels = { badge: { need: { stalenessMs: 60_000 } } }

  it('is asked for again when the server is back', async () => {
    const { server, client } = start({ channels })
    await server.faults.killNode()
    client.channel('badge').subscribe(() => {})
    await server.advance(5000)
    await server.faults.restartNode()
    await server.advance(60_000)
    expect(client.status).toMatchObject({ state: 'live', transport: 'poll' })
  })

  it('is not waited for longer than a while', async () => {
    const signals: unknown[] = []
    const { server, client } = start({ channels }, {}, (page) => ({
      fetch: (input, init = {}) => {
        if (!String(input).endsWith('?info')) return page.fetch(input, init)
        signals.push(init.signal)
        return new Promise(() => {})
      },
    }))
    client.channel('badge').subscribe(() => {})
    await server.advance(60_000)
    expect(signals).toMatchObject([{ aborted: true }])
  })
})

it('a client that is closed waits no more for channels that were refused for a while', async () => {
  const authorize = () => {
    throw new ServerError('rate_limited', 'Slower.', 60_000)
  }
  const { server, client, timers } = start({ authorize }, { transport: 'websocket' })
  client.channel('a', { need: {} }).subscribe(() => {})
  await server.settle()
  client.close()
  await server.settle()
  expect(timers.size).toBe(0)
})

it('a channel that is refused for a while is not asked for sooner, whatever else happens (§10)', async () => {
  let asked = 0
  const authorize = (_who: unknown, action: string, name: string) => {
    if (name !== 'b' || action !== 'read') return true
    asked += 1
    throw new ServerError('rate_limited', 'Slower.', 60_000)
  }
  const { server, client } = start({ authorize }, { transport: 'websocket' })
  for (const name of ['a', 'b']) client.channel(name, { need: {} }).subscribe(() => {})
  await server.settle()
  for (let count = 0; count < 15; count += 1) {
    const done = client.channel('a').publish(count)
    await server.settle()
    await done
  }
  expect(asked).toBe(1)
  await server.advance(60_000)
  expect(asked).toBe(2)
})
