import { createVirtualClock } from '@gamut/testing'
import { describe, expect, it } from 'vitest'
import { createTenureRig, heldTransports, type Reading } from './rig.js'
import { TestBroker } from './test-broker.js'

const minute = 60_000

/** How each transport says that an identity has ended. */
const endings = {
  'long-poll': { status: 401, says: '"code":"unauthenticated"' },
  sse: { status: 0, says: 'event: $end\ndata: {"channel":"a","reason":"auth"}' },
  ndjson: { status: 0, says: '{"type":"end","channel":"a","reason":"auth"}' },
  websocket: { status: 4100, says: '{"type":"end","channel":"a","reason":"auth"}' },
} as const

function createRig(options = {}) {
  const rig = createTenureRig(options)
  const lifeMs = (ms: number) => rig.known.set('ann', { id: 'ann', expiresAt: rig.clock.now() + ms })
  return { ...rig, lifeMs }
}

/** The same, whose time goes on without its timers: they come after what is ready when an event loop was held up. */
function createLateRig(options = {}) {
  const clock = createVirtualClock()
  let heldUpMs = 0
  const late = {
    ...clock,
    now: () => clock.now() + heldUpMs,
    elapsed: () => clock.elapsed() + heldUpMs,
  }
  const holdUp = (ms: number) => {
    heldUpMs += ms
  }
  return { ...createRig({ ...options, clock: late }), holdUp }
}

function expectEnded(reading: Reading, transport: keyof typeof endings): void {
  expect(reading.ending?.status).toBe(endings[transport].status)
  expect(reading.text).toContain(endings[transport].says)
}

describe.each(heldTransports)('an identity that ends, read by %s,', (transport) => {
  const target = `/channels/a?as=${transport}&wait=60&cursor=newest`

  it('ends a silent reader within a second (§12, I21)', async () => {
    const { clock, gamut, open, lifeMs } = createRig()
    lifeMs(10_000)
    const reading = await open(target, { token: 'ann' })
    await clock.advance(9999)
    expect(reading.isOver).toBe(false)
    await clock.advance(1000)
    expectEnded(reading, transport)
    expect(gamut.connections).toBe(0)
  })

  it('is told of nothing once it has ended, though timers are late behind an event loop that was held up (§12, I21)', async () => {
    const { gamut, open, lifeMs, turns, holdUp } = createLateRig()
    lifeMs(10_000)
    const reading = await open(target, { token: 'ann' })
    await turns()
    holdUp(11_000)
    await gamut.publish('a', 'secret')
    await turns()
    expectEnded(reading, transport)
    expect(reading.text).not.toContain('secret')
  })

  it('is told of nothing that was read for it while the event loop was held up (§12, I21)', async () => {
    const held = new TestBroker()
    const { gamut, open, lifeMs, turns, holdUp } = createLateRig({ broker: held, windowBytes: 1 })
    if (transport === 'long-poll') return
    lifeMs(10_000)
    await gamut.publish('a', 'first')
    await gamut.publish('a', 'secret')
    held.hold(1)
    const reading = await open(`/channels/a?as=${transport}&cursor=oldest&limit=1`, { token: 'ann' })
    await turns()
    expect(reading.text).toContain('first')
    holdUp(11_000)
    held.release()
    await turns()
    expectEnded(reading, transport)
    expect(reading.text).not.toContain('secret')
  })

  it('ends a reader in catch-up, which gets nothing of what was read for it (§12, I21)', async () => {
    const held = new TestBroker()
    const { clock, gamut, open, lifeMs, turns } = createRig({ broker: held, windowBytes: 1 })
    if (transport === 'long-poll') return
    lifeMs(10_000)
    await gamut.publish('a', 'first')
    await gamut.publish('a', 'secret')
    held.hold(1)
    const reading = await open(`/channels/a?as=${transport}&cursor=oldest&limit=1`, { token: 'ann' })
    await turns()
    expect(reading.text).toContain('first')
    await clock.advance(11_000)
    held.release()
    await turns()
    expectEnded(reading, transport)
    expect(reading.text).not.toContain('secret')
    expect(gamut.connections).toBe(0)
  })

  it('refuses a reader whose position is found too late (§12, I21)', async () => {
    const held = new TestBroker()
    const { clock, gamut, prepare, lifeMs, turns } = createRig({ broker: held })
    await gamut.publish('a', 'secret')
    lifeMs(10_000)
    held.hold()
    const opening = prepare(`/channels/a?as=${transport}&cursor=oldest`, { token: 'ann' })
    await turns()
    await clock.advance(10_000)
    held.release()
    const reading = (await opening).begin()
    await turns()
    expect(reading.text).not.toContain('secret')
    expect(reading.ending?.status).toBe(transport === 'websocket' ? 4100 : 401)
    expect(gamut.connections).toBe(0)
  })

  it('gives nothing to a reader that is held too late (§12, I21)', async () => {
    const { clock, gamut, prepare, lifeMs, turns } = createRig()
    if (transport === 'long-poll') return
    await gamut.publish('a', 'secret')
    lifeMs(10_000)
    const prepared = await prepare(`/channels/a?as=${transport}&cursor=oldest`, { token: 'ann' })
    clock.jump(10_000)
    const reading = prepared.begin()
    await turns()
    expect(reading.text).not.toContain('secret')
    expect(reading.ending?.status).toBe(endings[transport].status)
    expect(gamut.connections).toBe(0)
  })

  it('ends a reader that takes nothing, and writes nothing more of the channel to it (§9, §12, I21)', async () => {
    const { clock, gamut, open, lifeMs, turns } = createRig()
    if (transport === 'long-poll') return
    lifeMs(10_000)
    const reading = await open(target, { token: 'ann' })
    await turns()
    reading.isFull = true
    await gamut.publish('a', 'taken')
    await turns()
    await gamut.publish('a', 'secret')
    await turns()
    await clock.advance(11_000)
    expect(reading.isCut).toBe(true)
    reading.drain()
    await turns()
    expect(reading.text).not.toContain('secret')
    expect(gamut.connections).toBe(0)
  })

  it('tells a reader that has room again how it ended, and nothing else (§9, §12, I21)', async () => {
    const { clock, gamut, open, lifeMs, turns } = createRig()
    if (transport === 'long-poll') return
    lifeMs(10_000)
    const reading = await open(target, { token: 'ann' })
    await turns()
    reading.isFull = true
    await gamut.publish('a', 'taken')
    await turns()
    await clock.advance(9_900)
    await gamut.publish('a', 'secret')
    await turns()
    await clock.advance(300)
    expect(reading.text).not.toContain('"auth"}')
    reading.drain()
    await turns()
    expectEnded(reading, transport)
    expect(reading.text).not.toContain('secret')
  })

  it('ends at the step after a wall clock that jumps a day, and not before one that goes back (§12, I24)', async () => {
    const { clock, open, lifeMs } = createRig()
    lifeMs(60 * minute)
    const reading = await open(target, { token: 'ann' })
    clock.jump(-24 * 60 * minute)
    await clock.advance(transport === 'long-poll' ? 59_000 : 5 * minute)
    expect(reading.isOver).toBe(false)
    clock.jump(3 * 24 * 60 * minute)
    await clock.advance(1000)
    expectEnded(reading, transport)
  })

  it('reads on for the longest life that a number can say (§12, security rule 5)', async () => {
    const { clock, open, known } = createRig()
    known.set('ann', { id: 'ann', expiresAt: Number.MAX_VALUE })
    const reading = await open(target, { token: 'ann' })
    await clock.advance(30_000)
    expect(reading.isOver).toBe(false)
  })

  it('leaves a cursor that another token reads on with, without loss (§5, §12)', async () => {
    const { clock, gamut, open, ask, lifeMs, known, turns } = createRig()
    if (transport === 'long-poll') return
    lifeMs(10_000)
    const reading = await open(target, { token: 'ann' })
    await turns()
    const { cursor } = await gamut.publish('a', 'before')
    await clock.advance(11_000)
    expect(reading.text).toContain('"before"')
    await gamut.publish('a', 'after')
    expect((await ask(`/channels/a?cursor=${cursor}`, { token: 'ann' })).status).toBe(401)
    known.set('ann again', { id: 'ann' })
    const answer = JSON.parse((await ask(`/channels/a?cursor=${cursor}`, { token: 'ann again' })).body)
    expect(answer).toMatchObject({ outcome: 'resumed', messages: [{ data: 'after' }] })
  })
})

describe('an identity that will end', () => {
  it.each([
    ['sse', 'event: $auth\ndata: {"expiresInMs":60000}\n\n'],
    ['ndjson', '{"type":"auth","expiresInMs":60000}\n'],
    ['websocket', '{"type":"auth","expiresInMs":60000}\n'],
  ])('is told by %s a minute ahead, once (§12)', async (transport, says) => {
    const { clock, open, lifeMs, turns } = createRig({ maxAgeMs: 60 * minute })
    lifeMs(20 * minute)
    const reading = await open(`/channels/a?as=${transport}`, { token: 'ann' })
    await clock.advance(19 * minute - 1000)
    expect(reading.text).not.toContain('auth')
    await clock.advance(50_000)
    await turns()
    const [told, ...more] = reading.text.match(/(?:event: \$auth\ndata: .*\n\n|\{"type":"auth".*\n)/g) ?? []
    const within = Number(/\d{5}/.exec(told ?? '')?.[0])
    expect(told).toBe(says.replace('60000', String(within)))
    expect(within).toBeGreaterThan(59_000)
    expect(within).toBeLessThanOrEqual(60_000)
    expect(more).toEqual([])
  })

  it('is told after half of a life that is shorter than two minutes (§12)', async () => {
    const { clock, open, lifeMs, turns } = createRig()
    lifeMs(20_000)
    const reading = await open('/channels/a?as=websocket', { token: 'ann' })
    await clock.advance(9_900)
    await turns()
    expect(reading.text).not.toContain('"auth"')
    await clock.advance(1000)
    await turns()
    expect(reading.text).toContain('"auth"')
  })

  it('is refused everywhere once it has ended, public channels too, but not in answers for everybody (§4, §12)', async () => {
    const { ask, lifeMs } = createRig({ channels: { 'open/*': { public: true } } })
    lifeMs(0)
    for (const target of ['/channels/a', '/channels/a?info', '/channels/open/a', '/channels/a?as=sse']) {
      expect((await ask(target, { token: 'ann' })).status, target).toBe(401)
    }
    for (const method of ['POST', 'DELETE']) {
      expect((await ask('/channels/a', { token: 'ann', method, body: '1' })).status).toBe(401)
    }
    expect((await ask('/channels/open/a?as=poll', { token: 'ann' })).status).toBe(200)
  })

  it('leaves no timer behind once its readers have gone (I19)', async () => {
    const { clock, gamut, open, lifeMs } = createRig()
    const idle = clock.pendingTimers
    lifeMs(20 * minute)
    const readings: Reading[] = []
    for (const transport of ['sse', 'ndjson', 'websocket'])
      readings.push(await open(`/channels/a?as=${transport}`, { token: 'ann' }))
    for (const { owner } of readings) owner?.closed()
    expect(gamut.connections).toBe(0)
    await clock.advance(31_000)
    expect(clock.pendingTimers).toBe(idle)
  })
})
