import { createVirtualClock } from '@gamut/testing'
import { describe, expect, it } from 'vitest'
import { createMemoryBroker } from '../../src/index.js'
import { nodeOn, type Store } from '../broker/shared-store.js'
import { createTenureRig, heldTransports, type Reading } from './rig.js'
import { TestBroker } from './test-broker.js'

const day = 86_400_000

/** How each transport says that a channel may not be read any more. */
const endings = {
  'long-poll': { status: 403, says: '"code":"revoked"' },
  sse: { status: 0, says: 'event: $end\ndata: {"channel":"a","reason":"revoked"}' },
  ndjson: { status: 0, says: '{"type":"end","channel":"a","reason":"revoked"}' },
  websocket: { status: 4104, says: '{"type":"end","channel":"a","reason":"revoked"}' },
} as const

function createRig(options = {}) {
  const rig = createTenureRig(options)
  rig.known.set('ann', { id: 'ann', token: 'ann-1' })
  rig.known.set('ann 2', { id: 'ann', token: 'ann-2' })
  rig.known.set('bob', { id: 'bob', token: 'bob-1' })
  return rig
}

const codeOf = ({ body }: { body: string }) =>
  body.startsWith('{"error"') ? JSON.parse(body).error.code : body

function expectEnded(reading: Reading, transport: keyof typeof endings): void {
  expect(reading.ending?.status).toBe(endings[transport].status)
  expect(reading.text).toContain(endings[transport].says)
}

describe.each(heldTransports)('an identity that is revoked, read by %s,', (transport) => {
  const target = `/channels/a?as=${transport}&wait=60&cursor=newest`

  it('ends every reader of its own, has ended them when that is answered, and nobody else (§12, I21)', async () => {
    const { gamut, open, revoke, turns } = createRig()
    const readings = [await open(target, { token: 'ann' }), await open(target, { token: 'ann 2' })]
    const other = await open(target, { token: 'bob' })
    await turns()
    expect(await revoke({ identity: 'ann' })).toMatchObject({ status: 200 })
    await turns()
    for (const reading of readings) expectEnded(reading, transport)
    await gamut.publish('a', 'secret')
    await turns()
    for (const reading of readings) expect(reading.text).not.toContain('secret')
    expect(other.text).toContain('secret')
  })

  it('ends on another node too (§12, I21)', async () => {
    const clock = createVirtualClock()
    const store: Store = { broker: createMemoryBroker({ clock }), nodes: new Set() }
    const here = createRig({ clock, broker: nodeOn(store) })
    const there = createRig({ clock, broker: nodeOn(store) })
    await here.turns()
    const reading = await there.open(target, { token: 'ann' })
    await there.turns()
    expect((await here.revoke({ identity: 'ann' })).status).toBe(200)
    await there.turns()
    expectEnded(reading, transport)
    expect((await there.ask('/channels/a', { token: 'ann' })).status).toBe(403)
  })

  it('ends a reader in catch-up, which gets nothing of what is read for it (I21)', async () => {
    const held = new TestBroker()
    const { gamut, open, revoke, turns } = createRig({ broker: held, windowBytes: 1 })
    if (transport === 'long-poll') return
    await gamut.publish('a', 'first')
    await gamut.publish('a', 'secret')
    held.hold(1)
    const reading = await open(`/channels/a?as=${transport}&cursor=oldest&limit=1`, { token: 'ann' })
    await turns()
    expect(reading.text).toContain('first')
    await revoke({ identity: 'ann' })
    held.release()
    await turns()
    expectEnded(reading, transport)
    expect(reading.text).not.toContain('secret')
  })

  it('refuses a reader whose position is found too late (I21)', async () => {
    const held = new TestBroker()
    const { gamut, prepare, revoke, turns } = createRig({ broker: held })
    await gamut.publish('a', 'secret')
    held.hold()
    const opening = prepare(`/channels/a?as=${transport}&cursor=oldest`, { token: 'ann' })
    await turns()
    await revoke({ token: 'ann-1' })
    held.release()
    const reading = (await opening).begin()
    await turns()
    expect(reading.text).not.toContain('secret')
    expect(reading.ending?.status).toBe(transport === 'websocket' ? 4104 : 403)
    expect(gamut.connections).toBe(0)
  })

  it('gives nothing to a reader that is held too late (I21)', async () => {
    const { gamut, prepare, revoke, turns } = createRig()
    if (transport === 'long-poll') return
    await gamut.publish('a', 'secret')
    const prepared = await prepare(`/channels/a?as=${transport}&cursor=oldest`, { token: 'ann' })
    await revoke({ identity: 'ann' })
    const reading = prepared.begin()
    await turns()
    expect(reading.text).not.toContain('secret')
    expect(reading.ending?.status).toBe(endings[transport].status)
    expect(gamut.connections).toBe(0)
  })

  it('writes nothing that was ready in the turn in which it came to be known (I21)', async () => {
    const { gamut, open, ask, turns } = createRig()
    const reading = await open(target, { token: 'ann' })
    await turns()
    await gamut.publish('a', 'before')
    if (transport !== 'long-poll') await turns()
    // Both are announced before the turn ends: the message first.
    await gamut.publish('a', 'secret')
    await gamut.revoke({ identity: 'ann' })
    await turns()
    expectEnded(reading, transport)
    expect(reading.text).not.toContain('secret')
    expect((await ask('/channels/a?cursor=oldest', { token: 'bob' })).body).toContain('secret')
  })

  it('writes nothing more to a reader that takes nothing, and cuts it (§9, I21)', async () => {
    const { clock, gamut, open, revoke, turns } = createRig()
    if (transport === 'long-poll') return
    const reading = await open(target, { token: 'ann' })
    await turns()
    reading.isFull = true
    await gamut.publish('a', 'taken')
    await turns()
    await gamut.publish('a', 'secret')
    await turns()
    await revoke({ identity: 'ann' })
    await clock.advance(1000)
    expect(reading.isCut).toBe(true)
    reading.drain()
    await turns()
    expect(reading.text).not.toContain('secret')
  })
})

describe('a revocation for one channel', () => {
  it.each(['sse', 'ndjson', 'websocket'])('ends that one alone, by %s (§12)', async (transport) => {
    const { gamut, open, ask, revoke, turns } = createRig()
    const reading = await open(`/channels?as=${transport}&channel=a&channel=b&cursor=newest&cursor=newest`, {
      token: 'ann',
    })
    await turns()
    await revoke({ identity: 'ann', channel: 'a' })
    await gamut.publish('a', 'secret')
    await gamut.publish('b', 'open')
    await turns()
    expect(reading.isOver).toBe(false)
    expect(reading.text).toContain('"channel":"a","reason":"revoked"')
    expect(reading.text).toContain('open')
    expect(reading.text).not.toContain('secret')
    expect(codeOf(await ask('/channels/a', { token: 'ann' }))).toBe('revoked')
    expect((await ask('/channels/b', { token: 'ann' })).status).toBe(200)
    expect(codeOf(await ask('/channels?channel=b&channel=a', { token: 'ann' }))).toBe('revoked')
  })

  it('ends a long-poll of several, as none is read if one may not be (§4, §12)', async () => {
    const { open, revoke, turns } = createRig()
    const reading = await open('/channels?as=long-poll&channel=a&channel=b', { token: 'ann' })
    await revoke({ token: 'ann-1', channel: 'b' })
    await turns()
    expect(reading).toMatchObject({ ending: { status: 403 }, text: expect.stringContaining('\\"b\\"') })
  })

  it('leaves the position of a set before what was not written (§5, §6, I5)', async () => {
    const { gamut, open, ask, revoke, turns } = createRig()
    const reading = await open('/channels?as=sse&channel=a&channel=b&cursor=newest&cursor=newest', {
      token: 'ann',
    })
    await turns()
    await gamut.publish('b', 'taken')
    await turns()
    await gamut.publish('a', 'kept back')
    await gamut.revoke({ identity: 'ann', channel: 'a' })
    await turns()
    await gamut.publish('b', 'after')
    await turns()
    expect(reading.text).not.toContain('kept back')
    const cursor = [...reading.text.matchAll(/id: (s\..*)\n/g)].at(-1)?.[1]
    await revoke({ identity: 'ann', channel: 'a', forMs: 0 })
    const answer = JSON.parse(
      (await ask(`/channels?channel=a&channel=b&cursor=${cursor}`, { token: 'ann' })).body,
    )
    expect(answer.channels).toMatchObject([
      { channel: 'a', outcome: 'resumed', messages: [{ data: 'kept back' }] },
      { channel: 'b', outcome: 'resumed', messages: [] },
    ])
  })

  it('refuses a subscription that is under way, and later ones (§7, §12)', async () => {
    const held = new TestBroker()
    const { open, revoke, turns } = createRig({ broker: held })
    const reading = await open('/connect', { token: 'ann' })
    await turns()
    held.hold()
    reading.send({ type: 'subscribe', ref: 1, channel: 'a' })
    await turns()
    await revoke({ identity: 'ann', channel: 'a' })
    held.release()
    await turns()
    reading.send({ type: 'subscribe', ref: 2, channel: 'a' })
    reading.send({ type: 'publish', ref: 3, channel: 'a', data: 1 })
    reading.send({ type: 'publish', ref: 4, channel: 'b', data: 1 })
    await turns()
    for (const ref of [1, 2, 3])
      expect(reading.text).toMatch(new RegExp(`"error","ref":${ref},"code":"revoked"`))
    expect(reading.text).toContain('"ok","ref":4')
    expect(reading.text).not.toContain('"open"')
  })
})

describe('a revocation', () => {
  it('of a token ends that one, not others of its identity (§12)', async () => {
    const { ask, revoke } = createRig()
    await revoke({ token: 'ann-1' })
    expect(codeOf(await ask('/channels/a', { token: 'ann' }))).toBe('revoked')
    expect((await ask('/channels/a', { token: 'ann 2' })).status).toBe(200)
    // A name of one kind is none of the other.
    await revoke({ token: 'bob' })
    await revoke({ identity: 'bob-1' })
    expect((await ask('/channels/a', { token: 'bob' })).status).toBe(200)
  })

  it('refuses reading and writing of all kinds (§12, I21)', async () => {
    const { ask, open, revoke, turns } = createRig()
    await revoke({ identity: 'ann' })
    for (const transport of ['poll', 'long-poll', 'sse', 'ndjson']) {
      expect(codeOf(await ask(`/channels/a?as=${transport}`, { token: 'ann' }))).toBe('revoked')
    }
    expect(codeOf(await ask('/channels/a?info', { token: 'ann' }))).toBe('revoked')
    const json = { 'content-type': 'application/json' }
    const writing = { token: 'ann', method: 'POST', headers: json }
    expect(codeOf(await ask('/channels/a', { ...writing, body: '1' }))).toBe('revoked')
    const messages = [{ channel: 'a', data: 1 }]
    expect((await ask('/publish', { ...writing, body: JSON.stringify({ messages }) })).body).toContain(
      '"revoked"',
    )
    const socket = await open('/connect', { token: 'ann' })
    await turns()
    expect(socket.ending).toEqual({ status: 4104, reason: 'revoked' })
  })

  it('stores nothing of a publish whose body was on its way (§12, I21)', async () => {
    let send: (body: Uint8Array) => void = () => {}
    const { gamut, known, revoke, turns, ask } = createRig()
    known.set('eve', { id: 'eve' })
    const publishing = gamut.handle({
      method: 'POST',
      target: '/channels/a',
      address: '',
      isUpgrade: false,
      header: (name) => (name === 'content-type' ? 'application/json' : undefined),
      body: () =>
        new Promise((resolve) => {
          send = resolve
        }),
      toRequest: () => new Request('http://gamut.test/', { headers: { authorization: 'Bearer eve' } }),
    })
    await turns()
    await revoke({ identity: 'eve' })
    send(new TextEncoder().encode('1'))
    expect(await publishing).toMatchObject({ status: 403 })
    expect(JSON.parse((await ask('/channels/a?cursor=oldest', { token: 'bob' })).body).messages).toEqual([])
  })

  it('lasts as long as it says, by the wall clock, and can be taken back (§12, I24)', async () => {
    const { clock, ask, revoke } = createRig()
    const status = async () => (await ask('/channels/a', { token: 'ann' })).status
    expect((await revoke({ identity: 'ann', forMs: 10_000 })).body).toBe('{"forMs":10000}\n')
    clock.jump(9999)
    expect(await status()).toBe(403)
    clock.jump(1)
    expect(await status()).toBe(200)
    await revoke({ identity: 'ann' })
    expect(await status()).toBe(403)
    await revoke({ identity: 'ann', forMs: 0 })
    expect(await status()).toBe(200)
  })

  it('lasts longer than any token that was seen, where nothing is said (§12)', async () => {
    const { clock, ask, known, revoke } = createRig({ revocationMs: 5000 })
    const forMs = async () => JSON.parse((await revoke({ identity: 'x' })).body).forMs
    expect(await forMs()).toBe(5000)
    known.set('long', { id: 'l', expiresAt: clock.now() + 100 * day })
    await ask('/channels/a', { token: 'long' })
    expect(await forMs()).toBe(100 * day)
    known.set('endless', { id: 'l', expiresAt: Number.MAX_VALUE })
    await ask('/channels/a', { token: 'endless' })
    expect(await forMs()).toBe(400 * day)
  })

  it('is kept where its channel is lost, and while the broker is away (§12)', async () => {
    const clock = createVirtualClock()
    const test = new TestBroker(clock)
    const { ask, revoke, turns } = createRig({ clock, broker: test })
    await revoke({ identity: 'ann', forMs: day })
    await test.lose()
    await turns()
    expect((await ask('/channels/a', { token: 'ann' })).status).toBe(403)
    test.leave()
    expect(codeOf(await ask('/channels/a', { token: 'ann' }))).toBe('revoked')
    expect(codeOf(await revoke({ identity: 'bob' }))).toBe('broker_unavailable')
    test.comeBack()
    await turns()
    expect((await revoke({ identity: 'bob' })).status).toBe(200)
    clock.jump(day)
    expect((await ask('/channels/a', { token: 'ann' })).status).toBe(200)
  })

  it('lets nobody in who is known before it is known who is revoked (§12, I21)', async () => {
    const clock = createVirtualClock()
    const test = new TestBroker(clock)
    test.leave()
    const { ask, turns } = createRig({ clock, broker: test })
    await turns()
    expect(codeOf(await ask('/channels/a', { token: 'ann' }))).toBe('broker_unavailable')
    test.comeBack()
    await clock.advance(1100)
    expect((await ask('/channels/a', { token: 'ann' })).status).toBe(200)
  })

  it('is known to a node that starts later, also the last of thousands (§12)', async () => {
    const clock = createVirtualClock()
    const store: Store = { broker: createMemoryBroker({ clock }), nodes: new Set() }
    const here = createRig({ clock, broker: nodeOn(store) })
    await Promise.all(Array.from({ length: 2500 }, (_, n) => here.gamut.revoke({ token: `t${n}` })))
    await here.gamut.revoke({ identity: 'ann' })
    const there = createRig({ clock, broker: nodeOn(store) })
    expect((await there.ask('/channels/a', { token: 'ann' })).status).toBe(403)
  })

  it('is refused past the bound, until others have come to their end (§12, I18)', async () => {
    const { clock, revoke } = createRig({ maxRevocations: 3 })
    for (const id of ['1', '2', '3']) expect((await revoke({ identity: id, forMs: 1000 })).status).toBe(200)
    expect(codeOf(await revoke({ identity: '4' }))).toBe('overloaded')
    expect((await revoke({ identity: '3', forMs: 2000 })).status).toBe(200)
    clock.jump(1000)
    expect((await revoke({ identity: '4' })).status).toBe(200)
    expect((await revoke({ identity: '5' })).status).toBe(200)
    expect(codeOf(await revoke({ identity: '6' }))).toBe('overloaded')
  })

  it('is for operators (§14)', async () => {
    const { ask, revoke } = createRig()
    expect(codeOf(await revoke({ identity: 'bob' }, 'ann'))).toBe('unauthenticated')
    expect((await ask('/revocations', { method: 'GET' })).status).toBe(405)
    expect((await ask('/channels/a', { token: 'bob' })).status).toBe(200)
  })

  it.each([
    ['', 'body_invalid'],
    ['[]', 'body_invalid'],
    ['"ann"', 'body_invalid'],
    ['{}', 'body_invalid'],
    ['{"identity":"ann","token":"t"}', 'body_invalid'],
    ['{"identity":""}', 'body_invalid'],
    ['{"identity":7}', 'body_invalid'],
    ['{"identity":"a\\nb"}', 'body_invalid'],
    ['{"identity":"ann","until":5}', 'body_invalid'],
    ['{"identity":"ann","__proto__":{}}', 'body_invalid'],
    ['{"identity":"ann","channel":"no name"}', 'channel_invalid'],
    ['{"identity":"ann","channel":null}', 'channel_invalid'],
    ['{"identity":"ann","forMs":-1}', 'body_invalid'],
    ['{"identity":"ann","forMs":1.5}', 'body_invalid'],
    ['{"identity":"ann","forMs":"1e3"}', 'body_invalid'],
    ['{"identity":"ann","forMs":1e309}', 'body_invalid'],
    ['{"identity":"ann","forMs":9007199254740993}', 'body_invalid'],
    ['{"identity":"ann","forMs":34560000001}', 'body_invalid'],
  ])('is refused where its body is %s (§12)', async (body, code) => {
    const { ask, revoke } = createRig()
    expect(codeOf(await revoke(body))).toBe(code)
    expect((await ask('/channels/a', { token: 'ann' })).status).toBe(200)
  })
})
