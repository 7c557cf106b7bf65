import { createVirtualClock } from '@gamut/testing'
import { describe, expect, it } from 'vitest'
import { createGamut, createMemoryBroker } from '../../src/index.js'
import { nodeOn, type Store } from '../broker/shared-store.js'
import { createTenureRig, heldTransports } from './rig.js'
import { TestBroker } from './test-broker.js'

const minute = 60_000
const transports = ['poll', ...heldTransports] as const

function createRig(options = {}) {
  const rig = createTenureRig(options)
  rig.known.set('ann', { id: 'ann', token: 'ann-1' })
  rig.known.set('bob', { id: 'bob' })
  return rig
}

const codeOf = ({ body }: { body: string }) =>
  body.startsWith('{"error"') ? JSON.parse(body).error.code : body
const json = { 'content-type': 'application/json' }

describe.each(transports)('a ticket, used by %s,', (transport) => {
  const target = (ticket: string, channel = 'a') =>
    `/channels/${channel}?as=${transport}&wait=60&cursor=oldest&ticket=${ticket}`

  it('reads its channels as its identity, and no other (§12)', async () => {
    const asked: unknown[] = []
    const { gamut, known, open, ticket, turns } = createRig({
      authorize: (identity: { id: string } | null, action: string, channel: string) => {
        asked.push([identity?.id, action, channel])
        return identity !== null
      },
    })
    known.set('ann', { id: 'ann', claims: { team: 5 } })
    await gamut.publish('a', 'for ann')
    await gamut.publish('b', 'not by this')
    const text = await ticket('ann', 'a')
    asked.length = 0
    const reading = await open(target(text))
    await turns()
    expect(reading.text).toContain('for ann')
    expect(asked).toEqual([['ann', 'read', 'a']])
    const foreign = await open(target(text, 'b'))
    await turns()
    expect(foreign.ending?.status).toBe(transport === 'websocket' ? 4103 : 401)
    expect(foreign.text).toContain('"ticket_invalid"')
    expect(foreign.text).not.toContain('not by this')
  })

  it.each([
    ['of no form', 'ticket'],
    ['that nobody gave', 'A'.repeat(32)],
    ['that is empty', ''],
    ['given twice', `${'A'.repeat(32)}&ticket=${'A'.repeat(32)}`],
    ['that would be a path of the store', '..%2F'.repeat(8)],
  ])('is refused where it is one %s (§12, §13)', async (_title, text) => {
    const { open, turns } = createRig({ channels: { a: { public: true } } })
    const reading = await open(target(text), { token: 'ann' })
    await turns()
    expect(reading.ending?.status).toBe(transport === 'websocket' ? 4103 : 401)
    expect(reading.text).toContain('"ticket_invalid"')
  })

  it('ends with what its identity came by (§12, I21)', async () => {
    const { clock, gamut, known, open, ask, revoke, ticket, turns } = createRig()
    known.set('ann', { id: 'ann', token: 'ann-1', expiresAt: clock.now() + 10 * minute })
    const texts = [await ticket('ann', 'a'), await ticket('ann', 'a'), await ticket('ann', 'a')]
    const [one = '', two = '', three = ''] = texts
    await revoke({ ticket: one })
    expect(codeOf(await ask(`/channels/a?ticket=${one}`))).toBe('revoked')
    expect((await ask(`/channels/a?ticket=${two}`)).status).toBe(200)
    await revoke({ token: 'ann-1' })
    expect(codeOf(await ask(`/channels/a?ticket=${two}`))).toBe('revoked')
    await revoke({ token: 'ann-1', forMs: 0 })
    const reading = await open(target(three))
    await turns()
    clock.jump(10 * minute)
    await clock.advance(1000)
    await gamut.publish('a', 'secret')
    await turns()
    expect(reading.isOver).toBe(true)
    expect(reading.text).not.toContain('secret')
    expect((await ask(`/channels/a?ticket=${three}`)).status).toBe(401)
  })
})

describe('a ticket', () => {
  it('must be used within half a minute (§12)', async () => {
    const { clock, ask, ticket } = createRig()
    const [used, unused] = [await ticket('ann', 'a'), await ticket('ann', 'a')]
    await clock.advance(29_000)
    expect((await ask(`/channels/a?ticket=${used}`)).status).toBe(200)
    await clock.advance(1000)
    expect(codeOf(await ask(`/channels/a?ticket=${unused}`))).toBe('ticket_invalid')
    expect((await ask(`/channels/a?ticket=${used}`)).status).toBe(200)
  })

  it.each(['sse', 'ndjson', 'websocket'])(
    'resumes by %s while its stream lives and two minutes after, and no longer than four (§12)',
    async (transport) => {
      const { clock, open, ask, ticket, turns } = createRig({ maxAgeMs: 1e9 })
      const text = await ticket('ann', 'a')
      const reading = await open(`/channels/a?as=${transport}&ticket=${text}`)
      await clock.advance(20 * minute)
      expect(reading.isOver).toBe(false)
      reading.owner?.closed()
      await clock.advance(2 * minute - 1000)
      const again = await open(`/channels/a?as=${transport}&ticket=${text}&cursor=oldest`)
      await turns()
      expect(again.isOver).toBe(false)
      again.owner?.closed()
      await clock.advance(4 * minute)
      expect(codeOf(await ask(`/channels/a?ticket=${text}`))).toBe('ticket_invalid')
    },
  )

  it('lasts while somebody polls by it (§12)', async () => {
    const { clock, ask, ticket } = createRig()
    const text = await ticket('ann', 'a')
    for (let round = 0; round < 10; round++) {
      expect((await ask(`/channels/a?ticket=${text}`)).status).toBe(200)
      await clock.advance(110_000)
    }
  })

  it('is known to every node, also to one that starts later (§12)', async () => {
    const clock = createVirtualClock()
    const store: Store = { broker: createMemoryBroker({ clock }), nodes: new Set() }
    const here = createRig({ clock, broker: nodeOn(store) })
    const there = createRig({ clock, broker: nodeOn(store) })
    await here.turns()
    const text = await here.ticket('ann', 'a', 'b')
    expect((await there.ask(`/channels?channel=a&channel=b&ticket=${text}`)).status).toBe(200)
    const late = createRig({ clock, broker: nodeOn(store) })
    expect((await late.ask(`/channels/b?ticket=${text}`)).status).toBe(200)
    await here.revoke({ ticket: text })
    await there.turns()
    expect(codeOf(await there.ask(`/channels/a?ticket=${text}`))).toBe('revoked')
  })

  it('is for reading alone (§12)', async () => {
    const { open, ask, ticket, turns } = createRig()
    const text = await ticket('ann', 'a')
    for (const token of [undefined, 'ann']) {
      const asking = { ...(token && { token }), headers: json, body: '1' }
      for (const method of ['POST', 'DELETE'])
        expect(codeOf(await ask(`/channels/a?ticket=${text}&key=k`, { ...asking, method }))).toBe(
          'ticket_invalid',
        )
      expect(codeOf(await ask(`/publish?ticket=${text}`, { ...asking, method: 'POST' }))).toBe(
        'ticket_invalid',
      )
      expect(codeOf(await ask(`/tickets?ticket=${text}`, { ...asking, method: 'POST' }))).toBe(
        'ticket_invalid',
      )
    }
    const socket = await open(`/connect?ticket=${text}`)
    socket.send({ type: 'publish', ref: 1, channel: 'a', data: 1 })
    socket.send({ type: 'subscribe', ref: 2, channel: 'b' })
    socket.send({ type: 'subscribe', ref: 3, channel: 'a' })
    await turns()
    expect(socket.text).toContain('"ref":1,"code":"forbidden"')
    expect(socket.text).toContain('"ref":2,"code":"ticket_invalid"')
    expect(socket.text).toContain('"ok","ref":3')
    socket.send({ type: 'auth', ref: 4, token: 'ann' })
    await turns()
    socket.send({ type: 'publish', ref: 5, channel: 'a', data: 1 })
    await turns()
    for (const ref of [4, 5]) expect(socket.text).toContain(`"ok","ref":${ref}`)
  })

  it('is asked for by whoever is known, for channels that they may read (§12)', async () => {
    const { ask, gamut } = createRig({
      authorize: (identity: { id: string } | null, action: string, channel: string) =>
        identity?.id === 'ann' && action === 'read' && channel !== 'c',
    })
    const post = (body: unknown, token?: string, headers: object = json) =>
      ask('/tickets', {
        ...(token && { token }),
        method: 'POST',
        headers: { ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      })
    const given = await post({ channels: ['a', 'b'] }, 'ann')
    expect(given).toMatchObject({ status: 201, headers: { 'cache-control': 'no-store' } })
    expect(JSON.parse(given.body)).toEqual({
      ticket: expect.stringMatching(/^[A-Za-z0-9_-]{32}$/),
      expiresInMs: 30_000,
    })
    expect(codeOf(await post({ channels: ['a'] }))).toBe('unauthenticated')
    expect(codeOf(await post({ channels: ['a'] }, 'bob'))).toBe('forbidden')
    expect(codeOf(await post({ channels: ['a', 'c'] }, 'ann'))).toBe('forbidden')
    for (const channel of ['$tickets', '$revocations']) {
      expect(codeOf(await post({ channels: [channel] }, 'ann'))).toBe('forbidden')
    }
    for (const wrong of [
      '',
      '[]',
      '{}',
      { channels: 'a' },
      { channels: [] },
      { channels: ['a', 'a'] },
      { channels: ['a'], x: 1 },
    ])
      expect(codeOf(await post(wrong, 'ann')), JSON.stringify(wrong)).toBe('body_invalid')
    for (const wrong of [['no name'], [7], [null], [['a']]])
      expect(codeOf(await post({ channels: wrong }, 'ann'))).toBe('channel_invalid')
    expect(codeOf(await post({ channels: Array.from({ length: 101 }, (_, n) => `c${n}`) }, 'ann'))).toBe(
      'too_many_channels',
    )
    expect(codeOf(await post({ channels: ['a'] }, 'ann', { 'content-type': 'text/plain' }))).toBe(
      'unsupported_media',
    )
    expect(gamut.connections).toBe(0)
  })

  it('is bounded in size, for each identity and in all (§12, I18)', async () => {
    const { clock, ask, gamut, known } = createRig({ maxTickets: 5, maxTicketsPerIdentity: 3 })
    const issue = async (token: string, channels = ['a']) =>
      ask('/tickets', { token, method: 'POST', headers: json, body: JSON.stringify({ channels }) })
    for (let n = 0; n < 3; n++) expect((await issue('ann')).status).toBe(201)
    expect(codeOf(await issue('ann'))).toBe('rate_limited')
    for (let n = 0; n < 2; n++) expect((await issue('bob')).status).toBe(201)
    expect(codeOf(await issue('bob'))).toBe('overloaded')
    await clock.advance(30_000)
    expect((await issue('ann')).status).toBe(201)
    known.set('eve', { id: 'eve', claims: { long: 'x'.repeat(5000) } })
    expect(codeOf(await issue('eve'))).toBe('too_large')
    expect(gamut.connections).toBe(0)
  })

  it('is given by an application that asks nobody else, without hooks (§12)', async () => {
    const gamut = createGamut()
    const issued = await gamut.issueTicket({ id: 'ann' }, ['a'])
    const status = async (target: string) =>
      (await gamut.fetch(new Request(`http://gamut.test${target}`))).status
    expect(await status(`/channels/a?ticket=${issued.ticket}`)).toBe(200)
    expect(await status(`/channels/b?ticket=${issued.ticket}`)).toBe(401)
    expect(await status('/channels/a')).toBe(403)
    await expect(gamut.issueTicket({ id: '' }, ['a'])).rejects.toThrow('id')
    await expect(gamut.issueTicket({ id: 'ann' }, ['no name'])).rejects.toThrow()
    await gamut.stop()
  })

  it('is in no answer that a cache may keep, and makes none of a public channel (§4, I22)', async () => {
    const { ask, open, ticket, turns, gamut } = createRig({ channels: { a: { public: true } } })
    const text = await ticket('ann', 'a')
    for (const target of [
      '/channels/a?as=poll',
      '/channels/a?',
      '/channels/a?info',
      '/channels/a?as=long-poll&wait=0',
    ]) {
      const { headers, status } = await ask(`${target}&ticket=${text}`)
      expect([status, headers['cache-control']], target).toEqual([200, 'no-store'])
    }
    const { headers } = await ask(`/channels/a?ticket=${text}`)
    const known = { 'if-none-match': headers['etag'] ?? '' }
    expect(await ask(`/channels/a?as=poll&ticket=${text}`, { headers: known })).toMatchObject({
      status: 304,
      headers: { 'cache-control': 'no-store' },
    })
    const parked = await open(`/channels/a?as=long-poll&wait=60&ticket=${text}`)
    await gamut.publish('a', 1)
    await turns()
    expect(parked.text).toContain('"data":1')
    expect(parked.headers['cache-control']).toBe('no-store')
  })

  it('is in no log, no error, no store and no request that the application sees (§12)', async () => {
    const seen: string[] = []
    const note = (fields: object, text: string) => seen.push(JSON.stringify(fields), text)
    const clock = createVirtualClock()
    const broker = new TestBroker(clock)
    const { ask, open, ticket, revoke, turns } = createRig({
      clock,
      broker,
      logger: { info: note, warn: note, error: note },
      authenticate: ({ url, headers }: Request) => {
        seen.push(url, ...headers.values())
        return { id: 'ann' }
      },
      authorize: (_identity: unknown, _action: unknown, channel: string) => {
        if (channel === 'failing') throw new Error('the hook fails')
        return true
      },
    })
    const text = await ticket('ann', 'a', 'b')
    for (const target of [
      'a?x=1',
      'a?limit=x',
      'b?as=sse&maxRate=x',
      'no%20name?x=1',
      'failing?x=1',
      'c?x=1',
    ])
      seen.push((await ask(`/channels/${target}&wait=0&ticket=${text}`)).body)
    const socket = await open(`/channels/a?as=websocket&ticket=${text}&x=1`)
    socket.send({ type: 'auth', ref: 1, token: 'renewed' })
    socket.send({ type: 'subscribe', ref: 2, channel: 'c' })
    await turns()
    seen.push(socket.text)
    broker.leave()
    seen.push((await ask(`/channels/b?ticket=${text}`)).body, (await revoke({ ticket: text })).body)
    broker.comeBack()
    const stored = await broker.read('$tickets' as never, 'oldest', { count: 100, bytes: 1e6 })
    seen.push(JSON.stringify(stored))
    expect(seen.join('\n')).toContain('renewed')
    expect(seen.filter((one) => one.includes(text))).toEqual([])
  })

  it('is not good for longer because it is shown while it is revoked (§12)', async () => {
    const { clock, ask, ticket, revoke } = createRig()
    const text = await ticket('ann', 'a')
    await ask(`/channels/a?ticket=${text}`)
    expect(await revoke({ ticket: text })).toMatchObject({ body: '{"forMs":300000}\n' })
    for (let round = 0; round < 12; round++) {
      expect((await ask(`/channels/a?ticket=${text}`)).status).not.toBe(200)
      await clock.advance(30_000)
    }
    expect(codeOf(await ask(`/channels/a?ticket=${text}`))).toBe('ticket_invalid')
  })

  it('leaves nothing behind, nor a timer (I19)', async () => {
    const { clock, ask, gamut, ticket } = createRig()
    const idle = clock.pendingTimers
    for (let n = 0; n < 20; n++) await ask(`/channels/a?ticket=${await ticket('ann', 'a')}`)
    await clock.advance(20 * minute)
    // The memory broker looks for the age of keys as long as a channel that is followed has had some.
    expect(clock.pendingTimers).toBeLessThanOrEqual(idle + 1)
    await gamut.stop()
    expect(clock.pendingTimers).toBe(0)
  })
})
