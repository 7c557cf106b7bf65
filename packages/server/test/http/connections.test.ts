import { describe, expect, it } from 'vitest'
import { createGamut, type GamutOptions, type Reply } from '../../src/index.js'
import { toHttpRequest } from '../to-http-request.js'

const key = 'correct-horse-battery'
const token = 'secret-token-of-a-reader'

interface Shown {
  readonly total: number
  readonly summary: Readonly<Record<string, unknown>>
  readonly connections: readonly Readonly<Record<string, unknown>>[]
  readonly next?: number
}

function setUp(options: GamutOptions = {}) {
  const gamut = createGamut({
    operationsKey: key,
    authenticate: (request) => {
      const id = request.headers.get('x-user')
      return id === null ? null : { id, token: 'the-jti', claims: { secret: token } }
    },
    authorize: () => true,
    ...options,
  })
  const operate = (target: string, method = 'GET') =>
    gamut.handle(toHttpRequest(target, { method, headers: { authorization: `Bearer ${key}` } }))
  const list = async (query = ''): Promise<Shown> => {
    const reply = await operate(`/connections${query}`)
    if (reply.kind !== 'plain') throw new Error(`no plain answer: ${reply.kind}`)
    return JSON.parse(reply.body)
  }
  /** A reader whose runtime has room or not, as the test says. */
  const open = async (target: string, user?: string, address = '10.0.0.7') => {
    const headers = user === undefined ? {} : { 'x-user': user, authorization: `Bearer ${token}` }
    const reply = await gamut.handle(toHttpRequest(target, { headers, address }))
    return hold(reply)
  }
  return { gamut, operate, list, open }
}

function hold(reply: Reply) {
  const state = { isFull: false, text: '', isEnded: false }
  if (reply.kind === 'parked') reply.start(() => {})
  else if (reply.kind === 'stream') {
    const owner = reply.start({
      write: (chunks) => {
        for (const chunk of chunks) state.text += new TextDecoder().decode(chunk)
        return !state.isFull
      },
      end: () => {
        state.isEnded = true
        owner.closed()
      },
      abort: () => {},
    })
  } else throw new Error(`it is not held: ${reply.kind}`)
  return state
}

const turns = async (count = 6) => {
  for (let n = 0; n < count; n++) await new Promise((resolve) => setImmediate(resolve))
}

describe('/connections', () => {
  it('shows who is held, where each stands, and no credential (§14)', async () => {
    const { gamut, list, open } = setUp()
    await gamut.publish('a', 1)
    await open('/channels?channel=a&channel=b&as=sse', 'ann')
    await open('/channels/b?wait=20')
    await turns()
    const body = await list()
    expect(body.total).toBe(2)
    expect(body.summary).toEqual({
      sse: { live: 1, behind: 0, full: 0 },
      'long-poll': { live: 1, behind: 0, full: 0 },
    })
    const { head } = await (await gamut.fetch(new Request('http://gamut.test/channels/a?info'))).json()
    expect(body.connections).toMatchObject([
      {
        id: expect.stringMatching(/^\w+$/),
        transport: 'sse',
        identity: 'ann',
        address: '10.0.0.7',
        state: 'live',
        deliveries: 1,
        unsentBytes: 0,
        unansweredBytes: 0,
        channels: [
          { channel: 'a', cursor: head, head, behind: 0 },
          { channel: 'b', behind: 0 },
        ],
      },
      { id: null, transport: 'long-poll', identity: null, channels: [{ channel: 'b' }] },
    ])
    const text = JSON.stringify(body)
    for (const secret of [token, key, 'the-jti']) expect(text).not.toContain(secret)
  })

  it('tells how many messages a slow reader is behind, and what is held back for it (§9, §14)', async () => {
    const { gamut, list, open } = setUp()
    const slow = await open('/channels/a?as=ndjson', 'slow')
    await open('/channels/a?as=ndjson', 'quick')
    await turns()
    slow.isFull = true
    for (let n = 0; n < 5; n++) {
      await gamut.publish('a', n)
      await turns()
    }
    const { connections } = await list('?state=slow')
    expect(connections).toMatchObject([{ identity: 'slow', state: 'full', channels: [{ behind: 4 }] }])
  })

  it('can be asked for by channel, identity, transport and state (§14)', async () => {
    const { list, open } = setUp()
    await open('/channels/a?as=sse', 'ann')
    await open('/channels/b?as=sse', 'bob')
    await open('/channels/b?as=ndjson', 'ann')
    await turns()
    const found = async (query: string) =>
      (await list(query)).connections.map(({ identity, transport }) => `${identity} ${transport}`)
    expect(await found('?channel=b')).toEqual(['bob sse', 'ann ndjson'])
    expect(await found('?identity=ann')).toEqual(['ann sse', 'ann ndjson'])
    expect(await found('?identity=ann&transport=ndjson')).toEqual(['ann ndjson'])
    expect(await found('?state=full')).toEqual([])
    expect(await found('?channel=nobody/reads')).toEqual([])
  })

  it('is a page at a time, each after the last, whoever has left meanwhile (§14)', async () => {
    const { list, open, operate } = setUp()
    for (let n = 0; n < 5; n++) await open('/channels/a?as=sse', `u${n}`)
    await turns()
    const seen: unknown[] = []
    let next: number | undefined
    do {
      const page = await list(`?limit=2&after=${next ?? 0}`)
      expect(page.connections.length).toBeLessThanOrEqual(2)
      seen.push(...page.connections.map(({ identity }) => identity))
      next = page.next
      // The last one of this page goes: the next page begins where it would have.
      await operate(`/connections/${page.connections.at(-1)?.['id']}`, 'DELETE')
    } while (next !== undefined)
    expect(seen).toEqual(['u0', 'u1', 'u2', 'u3', 'u4'])
  })

  it.each([
    '?limit=0',
    '?limit=1001',
    '?after=-1',
    '?transport=fax',
    '?state=asleep',
    '?channel=//',
    '?identity=',
  ])('refuses %s and says why (§14)', async (query) => {
    const { operate } = setUp()
    expect(await operate(`/connections${query}`)).toMatchObject({ status: 400 })
  })

  it('lets an operator send one away, who is told when to come back (§14)', async () => {
    const { list, open, operate } = setUp()
    const reader = await open('/channels/a?as=sse', 'ann')
    await turns()
    const [one] = (await list()).connections
    expect(await operate(`/connections/${one?.['id']}`, 'DELETE')).toMatchObject({ status: 204 })
    await turns()
    expect([reader.text.includes('event: $reconnect'), reader.isEnded]).toEqual([true, true])
    expect((await list()).total).toBe(0)
    expect(await operate(`/connections/${one?.['id']}`, 'DELETE')).toMatchObject({ status: 404 })
  })

  it.each(['GET', 'DELETE'])('is for operators only: %s', async (method) => {
    const { gamut } = setUp()
    const target = method === 'GET' ? '/connections' : '/connections/abc'
    expect(await gamut.handle(toHttpRequest(target, { method, address: '127.0.0.1' }))).toMatchObject({
      status: 401,
    })
  })
})
