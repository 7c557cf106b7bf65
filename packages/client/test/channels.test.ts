import { connect } from '@gamut/client'
import { GamutError as ServerError } from '@gamut/server'
import { createTestServer } from '@gamut/testing/app'
import { describe, expect, it, onTestFinished } from 'vitest'
import { nodeEnvironment, record, startClient, startServer, transportNames, until } from './rig.js'

describe('moving by hand', () => {
  it('over every transport and back keeps each message once and in order (§8, I9)', async () => {
    const { gamut, url } = await startServer()
    const client = startClient(url)
    const all = ['a', 'b'].map((name) => record(client, name, { cursor: 'oldest' }))
    let count = 0
    for (const transport of [...transportNames, ...[...transportNames].reverse()]) {
      client.move(transport)
      const before = count
      for (; count < before + 20; count += 1) for (const name of ['a', 'b']) await gamut.publish(name, count)
      await until(
        () => client.status.transport === transport && all.every(({ data }) => data.length >= count),
      )
    }
    for (const { data, told } of all) {
      expect(data).toEqual([...Array(count).keys()])
      expect(told).toEqual([])
    }
    expect((await client.explain()).some((line) => /moved from websocket to sse/.test(line))).toBe(true)
  })
})

describe('a snapshot', () => {
  it.each(transportNames)(
    'over %s comes whole and once, however many pages it has (§5)',
    async (transport) => {
      const { gamut, url } = await startServer({ channels: { 'k/*': { keyed: true } } })
      for (let count = 0; count < 250; count += 1)
        await gamut.publish('k/a', count, { key: `${count % 240}` })
      const snapshots: unknown[][] = []
      const later: unknown[] = []
      startClient(url, { transport })
        .channel('k/a')
        .subscribe(({ data }) => later.push(data), {
          onSnapshot: (messages) => snapshots.push(messages.map(({ data }) => data)),
        })
      await until(() => snapshots.length > 0)
      await gamut.publish('k/a', 'new', { key: 'n' })
      await until(() => later.length > 0)
      expect(snapshots.map((one) => one.length)).toEqual([240])
      expect(new Set(snapshots[0])).toEqual(new Set([...Array(250).keys()].slice(10)))
      expect(later).toEqual(['new'])
    },
  )
})

describe('a channel', () => {
  it.each(transportNames)('that ends tells so over %s, after its last message (§3)', async (transport) => {
    const { gamut, url } = await startServer()
    await gamut.publish('a', 1)
    const client = startClient(url, { transport })
    const seen = record(client, 'a', { cursor: 'oldest' })
    await until(() => seen.data.length === 1)
    await gamut.publish('a', 2)
    await gamut.close('a')
    await until(() => seen.told.length > 0)
    expect([seen.data, seen.told]).toEqual([[1, 2], ['end closed']])
    await until(() => client.status.state === 'idle')
  })

  it.each(transportNames)(
    'that may not be read keeps nothing from the others over %s (§4, §13)',
    async (transport) => {
      const { gamut, url } = await startServer({
        authorize: (_who, _action, channel) => channel !== 'secret',
      })
      for (const name of ['a', 'b']) await gamut.publish(name, name)
      const client = startClient(url, { transport })
      const [a, secret, b] = ['a', 'secret', 'b'].map((name) => record(client, name))
      await until(() => a?.data.length === 1 && b?.data.length === 1 && secret?.told.length === 1)
      expect(secret?.told).toEqual([expect.stringMatching(/^error (forbidden|unauthenticated)$/)])
      expect([a?.told, b?.told]).toEqual([[], []])
    },
  )

  it('tells a gap, and an iteration ends with it (§5)', async () => {
    const { gamut, url } = await startServer({ channels: { a: { retention: { count: 2 } } } })
    const { cursor } = await gamut.publish('a', 0)
    for (let count = 1; count < 6; count += 1) await gamut.publish('a', count)
    const client = startClient(url, { transport: 'sse' })
    const seen = record(client, 'a', { cursor })
    await until(() => seen.data.length === 2)
    expect([seen.data, seen.told]).toEqual([[4, 5], ['gap expired']])
  })

  it('is iterated in order, up to its end', async () => {
    const { gamut, url } = await startServer()
    for (let count = 0; count < 3; count += 1) await gamut.publish('a', count)
    await gamut.close('a')
    const found: unknown[] = []
    for await (const { data } of startClient(url).channel('a', { cursor: 'oldest' })) found.push(data)
    expect(found).toEqual([0, 1, 2])
  })

  it('is iterated no longer than its client lives', async () => {
    const { url } = await startServer()
    const client = startClient(url)
    const next = client.channel('a')[Symbol.asyncIterator]().next()
    client.close()
    await expect(next).rejects.toMatchObject({ code: 'closed' })
    await expect(client.channel('a')[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'closed' })
  })

  it.each(['localhost:8080', 'ws://localhost:8080'])(
    'is of no server at %s, and that is said at once',
    (url) => {
      expect(() => startClient(url)).toThrow('https://')
    },
  )

  it('is read by the server as long as somebody listens, and no longer', async () => {
    const { gamut, url } = await startServer()
    const client = startClient(url, { transport: 'websocket' })
    const [a, b] = [record(client, 'a'), record(client, 'b')]
    await until(() => gamut.connections === 1 && client.status.state === 'live')
    a.stop()
    b.stop()
    await until(() => gamut.connections === 0)
    expect(client.status.state).toBe('idle')
  })

  it('goes on where it was after the page is loaded again, if that is asked for', async () => {
    const kept = new Map<string, string>()
    const tabStorage = {
      getItem: (name: string) => kept.get(name) ?? null,
      setItem: (name: string, text: string) => void kept.set(name, text),
    }
    const { gamut, url } = await startServer()
    const options = { environment: nodeEnvironment({ tabStorage }), positions: 'keep' } as const
    await gamut.publish('a', 0)
    const first = startClient(url, options)
    const before = record(first, 'a')
    await until(() => before.data.length === 1)
    first.close()
    for (const count of [1, 2]) await gamut.publish('a', count)
    const after = record(startClient(url, options), 'a')
    await until(() => after.data.length === 2)
    expect(after.data).toEqual([1, 2])
  })
})

it('a position is kept exactly where a channel is left and read again in one page', async () => {
  const server = createTestServer<object>({ authorize: () => true })
  onTestFinished(() => server.close())
  const client = connect(server.url, { environment: server.environment(), positions: 'keep' })
  onTestFinished(() => client.close())
  const found: unknown[] = []
  const read = () => client.channel('a').subscribe(({ data }) => found.push(data))
  const stop = read()
  await server.advance(1000)
  for (const data of [1, 2]) {
    await server.publish('a', data)
    await server.advance(100)
  }
  stop()
  await server.advance(10)
  await server.publish('a', 3)
  read()
  await server.advance(1000)
  expect(found).toEqual([1, 2, 3])
})

describe('a token', () => {
  it.each(['websocket', 'sse', 'ndjson'] as const)(
    'is renewed over %s before it ends, without loss or repeat (§12)',
    async (transport) => {
      let count = 0
      const { gamut, url } = await startServer({
        authenticate: (request) => {
          const until = Number(request.headers.get('authorization')?.slice(7))
          return until ? { id: 'ann', expiresAt: until } : null
        },
        authorize: (identity) => identity !== null,
      })
      const getToken = () => {
        count += 1
        return String(Date.now() + 2500)
      }
      const client = startClient(url, { transport, getToken })
      const seen = record(client, 'a', { cursor: 'oldest', need: {} })
      await until(() => client.status.state === 'live')
      const first = count
      let sent = 0
      while (count < first + 3) {
        await gamut.publish('a', sent)
        sent += 1
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
      await until(() => seen.data.length >= sent)
      expect(seen.data).toEqual([...Array(sent).keys()])
      expect(seen.told).toEqual([])
      expect((await client.explain()).filter((line) => /waiting/.test(line))).toEqual([])
    },
  )

  it('that ended is asked for again, and reading goes on when there is a good one (§12)', async () => {
    let isGood = false
    const { gamut, url } = await startServer({
      authenticate: (request) => {
        if (request.headers.get('authorization') === 'Bearer good') return { id: 'ann' }
        throw new ServerError('unauthenticated', 'Come with a new token.')
      },
      authorize: (identity) => identity !== null,
    })
    await gamut.publish('a', 1)
    const environment = nodeEnvironment({ random: () => 0.05 })
    const client = startClient(url, {
      environment,
      transport: 'sse',
      getToken: () => (isGood ? 'good' : 'old'),
    })
    const seen = record(client, 'a')
    await until(() => client.status.state === 'waiting')
    expect(client.status.reason).toEqual({ code: 'refused', error: 'unauthenticated' })
    isGood = true
    await until(() => seen.data.length === 1)
    expect(seen.told).toEqual([])
  })
})
