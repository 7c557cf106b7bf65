import type { GamutError } from '@gamut/client'
import { GamutError as ServerError } from '@gamut/server'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { nodeEnvironment, record, startClient, startServer, until } from './rig.js'

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    ({ code }: GamutError) => code,
  )

/** A fetch whose publishes meet what a test says, after they were made or in their place. */
function troubled(trouble: (count: number, made: () => Promise<Response>) => Promise<Response>) {
  const sent: { id: string }[] = []
  const environment = nodeEnvironment({
    random: () => 0.01,
    fetch: (input, init) => {
      if (init?.method !== 'POST') return fetch(input, init)
      sent.push(JSON.parse(String(init.body)))
      return trouble(sent.length, () => fetch(input, init))
    },
  })
  return { environment, sent }
}

const unknown = () =>
  new Response(JSON.stringify({ error: { code: 'publish_unknown', message: '' } }), { status: 504 })

describe('a publish', () => {
  it.each([
    ['whose answer was lost', () => Promise.reject(new TypeError('lost'))],
    ['of which the server does not know (publish_unknown)', () => Promise.resolve(unknown())],
  ])('%s is tried again under the same id, and stored once (§3)', async (_title, instead) => {
    const { gamut, url } = await startServer()
    const { environment, sent } = troubled(async (count, made) => {
      const response = await made()
      return count < 3 ? instead() : response
    })
    const client = startClient(url, { environment })
    const published = await client.channel('a').publish({ n: 1 })
    expect(published.replayed).toBe(true)
    expect(sent).toHaveLength(3)
    expect(new Set(sent.map(({ id }) => id)).size).toBe(1)
    expect((await client.channel('a').history()).messages).toMatchObject([
      { data: { n: 1 }, id: sent[0]?.id },
    ])
    expect(gamut.connections).toBe(0)
  })

  it('is named also in a page over plain http, where there is no randomUUID', async () => {
    const { crypto } = globalThis
    vi.stubGlobal('crypto', { getRandomValues: crypto.getRandomValues.bind(crypto) })
    onTestFinished(() => void vi.unstubAllGlobals())
    const { url } = await startServer()
    const client = startClient(url)
    await client.channel('a').publish(1)
    expect((await client.channel('a').history()).messages[0]?.id).toMatch(/^\d+(-\d+){3}$/)
  })

  it('that is refused for good is told so, and not tried again (§13)', async () => {
    const { url } = await startServer({
      onPublish: () => {
        throw new ServerError('forbidden', 'No.')
      },
    })
    const { environment, sent } = troubled((_count, made) => made())
    const client = startClient(url, { environment })
    expect(await codeOf(client.channel('a').publish(1))).toBe('forbidden')
    expect(sent).toHaveLength(1)
  })

  it('that comes too fast waits as long as it is told (§10)', async () => {
    let count = 0
    const { url } = await startServer({
      onPublish: () => {
        count += 1
        if (count < 3) throw new ServerError('rate_limited', 'Slower.', 30)
      },
    })
    expect(await startClient(url).channel('a').publish(1)).toMatchObject({ offset: expect.any(Number) })
    expect(count).toBe(3)
  })

  it('goes over the open WebSocket, and over what takes its place when that is cut in between (§3, §7)', async () => {
    const { gamut, proxy, url } = await startServer()
    const client = startClient(url, {
      environment: nodeEnvironment({ random: () => 0.01 }),
      transport: 'websocket',
    })
    const seen = record(client, 'a', { cursor: 'oldest' })
    await until(() => client.status.state === 'live')
    const works: Promise<unknown>[] = []
    for (let count = 0; count < 50; count += 1) {
      works.push(client.channel('a').publish(count))
      if (count % 10 === 5) proxy.reset()
    }
    await Promise.all(works)
    await until(() => seen.data.length >= 50)
    expect([...seen.data].sort((a, b) => Number(a) - Number(b))).toEqual([...Array(50).keys()])
    expect(gamut.connections).toBe(1)
  })

  it('is given up when its signal or the client says so', async () => {
    const { environment } = troubled(() => Promise.reject(new TypeError('away')))
    const { url } = await startServer()
    const client = startClient(url, { environment })
    const controller = new AbortController()
    const aborted = codeOf(client.channel('a').publish(1, { signal: controller.signal }))
    const closed = codeOf(client.channel('a').publish(1))
    controller.abort()
    expect(await aborted).toBe('aborted')
    client.close()
    expect(await closed).toBe('closed')
    expect(await codeOf(client.channel('a').publish(1))).toBe('closed')
  })

  it('of a deletion removes a key, and a reader is told (§3)', async () => {
    const { url } = await startServer({ channels: { 'k/*': { keyed: true } } })
    const client = startClient(url, { transport: 'sse' })
    const board = client.channel('k/a')
    await board.publish(1, { key: 'x' })
    const seen = record(client, 'k/a')
    await until(() => seen.data.length === 1)
    await board.remove('x')
    await until(() => seen.messages.length === 2)
    expect(seen.messages[1]).toMatchObject({ key: 'x', deleted: true })
  })
})

describe('a history', () => {
  it('is read in parts, from the oldest on or from the end (§4)', async () => {
    const { gamut, url } = await startServer()
    for (let count = 0; count < 5; count += 1) await gamut.publish('a', count)
    const channel = startClient(url).channel<number>('a')
    const first = await channel.history({ after: 'oldest', limit: 2 })
    const next = await channel.history({ after: first.cursor, limit: 2 })
    expect([first, next].map(({ messages, more }) => [messages.map(({ data }) => data), more])).toEqual([
      [[0, 1], true],
      [[2, 3], true],
    ])
    expect((await channel.history({ limit: 2 })).messages.map(({ data }) => data)).toEqual([3, 4])
    expect(await codeOf(channel.history({ after: 'nonsense' }))).toBe('cursor_invalid')
  })
})

describe('a history that meets trouble', () => {
  /** A client whose first polls meet what a test says, its time 100 times as fast. */
  async function meet(count: number, instead: () => Promise<Response>) {
    const { gamut, url } = await startServer()
    await gamut.publish('a', 1)
    const real = nodeEnvironment()
    let asked = 0
    const environment = nodeEnvironment({
      random: () => 0.5,
      elapsed: () => real.elapsed() * 100,
      after: (ms, call) => real.after(ms / 100, call),
      fetch: (input, init) => {
        asked += 1
        return asked <= count ? instead() : fetch(input, init)
      },
    })
    const client = startClient(url, { environment })
    return { client, history: () => client.channel('a').history(), asked: () => asked }
  }
  const refusal = (status: number, error: object) => async () =>
    new Response(JSON.stringify({ error }), { status })

  it('that passes is asked for again (§13)', async () => {
    const { history, asked } = await meet(2, refusal(503, { code: 'overloaded', message: '' }))
    expect((await history()).messages).toMatchObject([{ data: 1 }])
    expect(asked()).toBe(3)
  })

  it('that lasts tells its code, and so does what is refused for good, at once (§13)', async () => {
    const lasting = await meet(1000, refusal(503, { code: 'broker_unavailable', message: '' }))
    expect(await codeOf(lasting.history())).toBe('broker_unavailable')
    expect(lasting.asked()).toBeGreaterThan(1)
    expect(lasting.asked()).toBeLessThan(10)
    const told = await meet(1, refusal(503, { code: 'overloaded', message: '', retryAfterMs: 60_000 }))
    expect([await codeOf(told.history()), told.asked()]).toEqual(['overloaded', 1])
    const final = await meet(1, refusal(403, { code: 'forbidden', message: '' }))
    expect([await codeOf(final.history()), final.asked()]).toEqual(['forbidden', 1])
  })

  it('is given up by a deadline where nobody answers, and by the end of its client', async () => {
    const { client, history } = await meet(1000, () => new Promise(() => {}))
    expect(await codeOf(history())).toBe('unreachable')
    const later = codeOf(history())
    client.close()
    expect(await later).toBe('closed')
  })
})
