import { type ConnectOptions, connect, type GamutError } from '@gamut/client'
import { createTestServer, type TestEnvironment } from '@gamut/testing/app'
import { describe, expect, it, onTestFinished } from 'vitest'
import { transportNames } from './rig.js'

/** A page whose user has logged in or not, and a server where all may read what is not private. */
function start(options: ConnectOptions) {
  const server = createTestServer<object>({
    authorize: (who, _action, channel) => who !== null || !channel.startsWith('private'),
  })
  onTestFinished(() => server.close())
  const user: { token: string | undefined; asked: number } = { token: undefined, asked: 0 }
  const getToken = () => {
    user.asked += 1
    return user.token
  }
  const environment = Object.assign(Object.create(server.environment()), {}) as TestEnvironment
  const client = connect(server.url, { environment, getToken, ...options })
  onTestFinished(() => client.close())
  const found: unknown[] = []
  const told: string[] = []
  const read = (name: string) =>
    client
      .channel(name, { need: {} })
      .subscribe(({ data }) => found.push(data), { onError: ({ code }) => told.push(code) })
  const states: string[] = []
  client.onStatus(({ state }) => states.push(state))
  return { server, environment, client, user, found, told, states, read }
}

describe.each(transportNames)('a page over %s whose user has not logged in', (transport) => {
  it('reads what everybody may, and the rest once there is a token (§12)', async () => {
    const { server, client, user, found, told, read } = start({ transport })
    for (const name of ['private/a', 'open', 'private/b']) read(name)
    await server.advance(5000)
    await server.publish('open', 1)
    await server.advance(60_000)
    expect([found, told, client.status.state]).toEqual([[1], [], 'live'])
    expect(user.asked).toBeLessThan(transport === 'poll' ? 100 : 60)
    user.token = server.token('ada')
    await server.advance(60_000)
    for (const name of ['private/a', 'private/b']) await server.publish(name, name)
    await server.advance(5000)
    expect([found.slice(1).sort(), told]).toEqual([['private/a', 'private/b'], []])
  })

  it('waits with all that there is where nothing may be read, and says why', async () => {
    const { server, client, user, found, told, read } = start({ transport })
    for (const name of ['private/a', 'private/b']) read(name)
    await server.advance(60_000)
    expect([client.status.state, client.status.reason]).toEqual([
      'waiting',
      { code: 'refused', error: 'unauthenticated' },
    ])
    user.token = server.token('ada')
    await server.advance(60_000)
    for (const name of ['private/a', 'private/b']) await server.publish(name, name)
    await server.advance(5000)
    expect([found.sort(), told, client.status.state]).toEqual([['private/a', 'private/b'], [], 'live'])
  })
})

it('a WebSocket is not live before it is known that its token counts', async () => {
  const { server, client, user, states, read } = start({ transport: 'websocket' })
  user.token = 'forged'
  read('private/a')
  await server.advance(60_000)
  expect([client.status.state, states.includes('live')]).toEqual(['waiting', false])
})

it('a WebSocket that ends with its token says so, and is not held to be cut by the network (§12)', async () => {
  const { server, client, user, found, read } = start({ transport: ['websocket', 'sse'] })
  const reasons: unknown[] = []
  client.onStatus(({ reason }) => reasons.push(reason))
  user.token = server.token('ada')
  read('private/a')
  await server.advance(1000)
  for (const _round of [1, 2, 3]) {
    await server.faults.expireToken('ada')
    user.token = server.token('ada')
    await server.advance(5000)
  }
  await server.publish('private/a', 1)
  await server.advance(1000)
  expect([found, client.status.transport]).toEqual([[1], 'websocket'])
  const ends = reasons.filter((reason) => Object(reason).code !== 'need' && Object(reason).code !== 'first')
  expect(ends).toContainEqual({ code: 'refused', error: 'unauthenticated' })
  for (const code of ['lost', 'bad']) expect(ends).not.toContainEqual(expect.objectContaining({ code }))
})

it('a late listener waits for the next token', async () => {
  const { server, client, user, found, told, read } = start({ transport: 'sse' })
  user.token = server.token('ada')
  await server.publish('private/a', 1)
  read('private/a')
  await server.advance(1000)
  const { token } = user
  user.token = undefined
  const late: unknown[] = []
  const errors: GamutError[] = []
  client
    .channel('private/a', { cursor: 'oldest' })
    .subscribe(({ data }) => late.push(data), { onError: (error) => errors.push(error) })
  await server.advance(5000)
  user.token = token
  await server.advance(60_000)
  await server.publish('private/a', 2)
  await server.advance(1000)
  expect([late, errors, found, told]).toEqual([[1, 2], [], [1, 2], []])
})

it.each(['websocket', 'sse', 'ndjson'] as const)(
  'an open %s goes on where no token can be had for one channel more',
  async (transport) => {
    let isBroken = false
    const getToken = () => {
      if (isBroken) throw new Error('The session is away.')
      return undefined
    }
    const { server, found, states, read } = start({ transport, getToken })
    read('open')
    await server.advance(5000)
    isBroken = true
    read('open/b')
    await server.advance(5000)
    await server.publish('open', 1)
    await server.advance(100)
    expect([found, states]).toEqual([[1], ['connecting', 'live']])
  },
)

describe.each(['sse', 'ndjson', 'long-poll', 'poll'] as const)(
  'many channels over %s that wait for a token beside one that is open',
  (transport) => {
    const names = Array.from({ length: 8 }, (_, index) => `private/${index}`)
    const readMany = async (isNamedAlone: boolean) => {
      const page = start({ transport })
      const { server, environment, read } = page
      const { fetch } = environment
      const asked: number[] = []
      Object.assign(environment, {
        random: () => 0.5,
        fetch: async (...given: Parameters<typeof fetch>) => {
          const response = await fetch(...given)
          if (/[?&]as=/.test(String(given[0]))) asked.push(response.status)
          if (!isNamedAlone || response.status !== 401) return response
          const { error } = await response.json()
          const message = error.message.replace(/ Likewise.*/, '')
          return Response.json({ error: { ...error, message } }, { status: 401 })
        },
      })
      read('open')
      await server.advance(1000)
      asked.length = 0
      for (const name of names) read(name)
      return { ...page, refused: () => asked.filter((status) => status === 401).length, asked }
    }

    it('are refused at once, and asked for again at once', async () => {
      const { server, refused, found, user } = await readMany(false)
      await server.advance(400)
      expect(refused()).toBe(1)
      await server.advance(60_000)
      expect(refused()).toBeLessThan(10)
      user.token = server.token('ada')
      await server.advance(60_000)
      for (const name of names) await server.publish(name, name)
      await server.advance(5000)
      expect(found.sort()).toEqual(names)
    })

    it('come as well from a server that names one of them at a time', async () => {
      const { server, found, user } = await readMany(true)
      await server.advance(60_000)
      user.token = server.token('ada')
      await server.advance(60_000)
      for (const name of names) await server.publish(name, name)
      await server.advance(5000)
      expect(found.sort()).toEqual(names)
    })
  },
)

it.each(['sse', 'ndjson'] as const)(
  'an open %s is not asked for anew where all that is new waits for a token',
  async (transport) => {
    const { server, environment, read } = start({ transport })
    read('open')
    await server.advance(1000)
    const { fetch } = environment
    const asked: number[] = []
    Object.assign(environment, {
      fetch: async (...given: Parameters<typeof fetch>) => {
        const response = await fetch(...given)
        asked.push(response.status)
        return response
      },
    })
    read('private/a')
    await server.advance(60_000)
    expect([asked.includes(401), asked.includes(200)]).toEqual([true, false])
  },
)
