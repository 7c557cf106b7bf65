import type { TestEnvironment, TestServer } from '@gamut/testing/app'
import { describe, expect, it } from 'vitest'
import { startReader, startServer, transportNames } from './app-rig.js'

/** A held response as it comes, piece by piece, without a client in between. */
async function openStream(page: TestEnvironment, url: string) {
  const response = await page.fetch(url)
  const state = { text: '', failed: false }
  const read = async () => {
    for await (const piece of response.body ?? []) state.text += new TextDecoder().decode(piece)
  }
  void read().catch(() => {
    state.failed = true
  })
  return state
}

/** A WebSocket as it is, with the frames that came. */
function openSocket(server: TestServer, page: TestEnvironment) {
  const create = page.WebSocket as typeof WebSocket
  const socket = new create(`${server.url.replace('http', 'ws')}/channels/c/a`, 'gamut.v1.json')
  const frames: string[] = []
  const closed: number[] = []
  socket.onmessage = ({ data }) => void frames.push(data)
  socket.onclose = ({ code }) => void closed.push(code)
  return { socket, frames, closed }
}

const count = (text: string, part: string) => text.split(part).length - 1

describe('what comes twice', () => {
  it.each(['sse', 'ndjson'])('is each delivery of a stream, as often as was said: %s', async (as) => {
    const server = startServer()
    const stream = await openStream(server.environment(), `${server.url}/channels/c/a?as=${as}`)
    server.faults.repeat()
    await server.publish('c/a', 'first')
    await server.settle()
    await server.publish('c/a', 'second')
    await server.settle()
    expect(count(stream.text, '"first"')).toBe(2)
    expect(count(stream.text, '"second"')).toBe(1)
  })

  it('is each frame of a WebSocket', async () => {
    const server = startServer()
    const { frames } = openSocket(server, server.environment())
    await server.settle()
    server.faults.repeat()
    await server.publish('c/a', 'first')
    await server.publish('c/a', 'second')
    await server.settle()
    expect(count(frames.join('\n'), '"first"')).toBe(2)
    await server.publish('c/a', 'third')
    await server.settle()
    expect(count(frames.join('\n'), '"third"')).toBe(1)
  })

  it('is a request, at the server', async () => {
    const asked: string[] = []
    const server = startServer({ authorize: (_who, action) => asked.push(action) > 0 })
    const page = server.environment()
    server.faults.repeat()
    const post = () =>
      page.fetch(`${server.url}/channels/c/a`, {
        method: 'POST',
        body: '1',
        headers: { 'content-type': 'application/json' },
      })
    await post()
    expect(asked).toEqual(['publish', 'publish'])
    await post()
    expect(asked).toHaveLength(3)
  })
})

describe('what is lost', () => {
  it.each(['sse', 'ndjson'])('takes its stream with it: %s', async (as) => {
    const server = startServer()
    const stream = await openStream(server.environment(), `${server.url}/channels/c/a?as=${as}`)
    server.faults.drop()
    await server.publish('c/a', 'lost')
    await server.settle()
    expect(count(stream.text, '"lost"')).toBe(0)
    expect(stream.failed).toBe(true)
    expect(server.connections).toEqual([])
  })

  it('takes its WebSocket with it, without a word', async () => {
    const server = startServer()
    const { closed, frames } = openSocket(server, server.environment())
    await server.settle()
    server.faults.drop()
    await server.publish('c/a', 'lost')
    await server.settle()
    expect(count(frames.join(), '"lost"')).toBe(0)
    expect(closed).toEqual([1006])
  })

  it('is the answer of a publish that was stored', async () => {
    const server = startServer()
    const page = server.environment()
    server.faults.drop({ on: 'publish' })
    const post = () =>
      page.fetch(`${server.url}/channels/c/a`, {
        method: 'POST',
        body: '1',
        headers: { 'content-type': 'application/json' },
      })
    await expect(post()).rejects.toThrow('fetch failed')
    const answer = await page.fetch(`${server.url}/channels/c/a?as=poll&last=5`)
    expect((await answer.json()).messages).toHaveLength(1)
    expect((await post()).status).toBe(201)
  })

  it('is the answer of a poll that brings something', async () => {
    const server = startServer()
    const page = server.environment()
    const poll = () => page.fetch(`${server.url}/channels/c/a?as=poll&cursor=oldest`)
    server.faults.drop({ on: 'poll' })
    expect((await poll()).status).toBe(200)
    await server.publish('c/a', 1)
    await expect(poll()).rejects.toThrow('fetch failed')
    expect((await (await poll()).json()).messages).toHaveLength(1)
  })
})

describe('what is healed', () => {
  it('is well again for every page, and for one alone', async () => {
    const server = startServer()
    const [one, other] = [server.environment(), server.environment()]
    const isWell = (page: TestEnvironment) =>
      page.fetch(`${server.url}/healthz`).then(
        ({ status }) => status === 200,
        () => false,
      )
    one.faults.refuse()
    expect([await isWell(one), await isWell(other)]).toEqual([false, true])
    server.faults.heal()
    expect(await isWell(one)).toBe(true)
    server.faults.refuse()
    one.faults.heal()
    expect([await isWell(one), await isWell(other)]).toEqual([false, false])
    server.faults.heal()
    expect([await isWell(one), await isWell(other)]).toEqual([true, true])
  })
})

describe('what is refused', () => {
  it('fails, or has the status of something in front', async () => {
    const server = startServer()
    const page = server.environment()
    const read = () => page.fetch(`${server.url}/channels/c/a?as=poll`)
    server.faults.refuse()
    await expect(read()).rejects.toThrow('fetch failed')
    server.faults.heal()
    server.faults.refuse({ status: 403, on: 'poll' })
    expect((await read()).status).toBe(403)
    expect((await page.fetch(`${server.url}/healthz`)).status).toBe(200)
  })

  it('is everything while the network is away, and another server', async () => {
    const server = startServer()
    const page = server.environment()
    await expect(page.fetch('http://elsewhere.test/')).rejects.toThrow('fetch failed')
    page.goOffline()
    server.faults.html()
    await expect(page.fetch(`${server.url}/healthz`)).rejects.toThrow('fetch failed')
    server.faults.heal()
    const { closed } = openSocket(server, page)
    page.goOnline()
    await server.settle()
    expect(closed).toEqual([1006])
  })

  it('is a page with status 200 behind a portal, and no WebSocket', async () => {
    const server = startServer()
    const page = server.environment()
    server.faults.html()
    const answer = await page.fetch(`${server.url}/channels/c/a?as=sse`)
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
    const { closed } = openSocket(server, page)
    await server.settle()
    expect(closed).toEqual([1006])
  })
})

describe('a fault on one way', () => {
  it.each(transportNames)('leaves %s alone, if it is another', async (transport) => {
    const server = startServer()
    // A client's long-poll begins with a poll, so that it is answered at once.
    const own = transport === 'long-poll' ? ['poll', transport] : [transport]
    const others = [...transportNames.filter((name) => !own.includes(name)), 'publish', 'other'] as const
    const on = { on: others }
    server.faults.mute(on)
    server.faults.refuse(on)
    server.faults.html(on)
    server.faults.drop(on)
    server.faults.delay({ ms: 10_000, ...on })
    const { seen } = await startReader(server, transport)
    const [open] = server.connections
    await server.publish('c/a', 1)
    await server.advance(1500)
    server.faults.cut(on)
    expect(seen.data).toEqual([1])
    if (transport === 'websocket' || transport === 'sse' || transport === 'ndjson')
      expect(server.connections).toMatchObject([{ way: transport, ageMs: (open?.ageMs ?? 0) + 1500 }])
  })
})

describe('a middlebox', () => {
  it('cuts the WebSockets that open after it, and none of them once it is gone', async () => {
    const server = startServer()
    const page = server.environment()
    server.faults.cutSockets({ after: 300 })
    const first = openSocket(server, page)
    await server.advance(299)
    expect(first.closed).toEqual([])
    await server.advance(1)
    expect(first.closed).toEqual([1006])
    server.faults.heal()
    const second = openSocket(server, page)
    await server.advance(100)
    server.faults.cutSockets({ after: 300 })
    server.faults.heal()
    await server.advance(1000)
    expect(second.closed).toEqual([])
  })
})

describe('the server', () => {
  it('knows of whoever has gone, by abort, by close and by a cut', async () => {
    const server = startServer({ maxConnections: 1, acceptRate: 1000 })
    const page = server.environment()
    const url = `${server.url}/channels/c/a?as=sse`
    for (let round = 0; round < 3; round += 1) {
      const leave = new AbortController()
      expect((await page.fetch(url, { signal: leave.signal })).status).toBe(200)
      leave.abort()
      await server.settle()
      const { frames, socket } = openSocket(server, page)
      await server.settle()
      expect(frames.join()).toContain('"welcome"')
      socket.close()
      await server.settle()
      expect((await page.fetch(url)).status).toBe(200)
      server.faults.cut()
      await server.settle()
    }
  })

  it('gives up on a WebSocket that answers nothing', async () => {
    const server = startServer()
    const page = server.environment()
    const { closed } = openSocket(server, page)
    await server.settle()
    page.faults.mute()
    await server.advance(29_999)
    expect(closed).toEqual([])
    await server.advance(1)
    expect(closed).toEqual([1006])
  })

  it('ends a WebSocket that takes nothing as slow, once there is much for it', async () => {
    const server = startServer()
    const page = server.environment()
    const { closed, frames } = openSocket(server, page)
    await server.settle()
    page.faults.mute()
    for (let round = 0; round < 40; round += 1) {
      await server.publish('c/a', 'x'.repeat(10_000))
      await server.settle()
    }
    await server.advance(60_000)
    expect(closed).toEqual([4004])
    expect(frames.join().length).toBeLessThan(150_000)
  })

  it('is gone with all that was open when its node dies', async () => {
    const server = startServer()
    const page = server.environment()
    const stream = await openStream(page, `${server.url}/channels/c/a?as=sse`)
    const { closed } = openSocket(server, page)
    await server.settle()
    await server.faults.killNode()
    await server.settle()
    expect([closed, stream.failed, server.connections]).toEqual([[1006], true, []])
    await expect(page.fetch(`${server.url}/healthz`)).rejects.toThrow('fetch failed')
    await server.faults.restartNode()
    expect((await page.fetch(`${server.url}/healthz`)).status).toBe(200)
  })
})
