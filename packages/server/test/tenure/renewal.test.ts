import { describe, expect, it } from 'vitest'
import { GamutError, type Identity } from '../../src/index.js'
import { createTenureRig, type Reading } from './rig.js'

interface Frame {
  readonly type: string
  readonly [field: string]: unknown
}

const framesOf = ({ text }: Reading): Frame[] =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))

const dataOf = (reading: Reading) =>
  framesOf(reading).flatMap(
    ({ messages }) => (messages as { data: unknown }[] | undefined)?.map(({ data }) => data) ?? [],
  )

/** Channels of the identity's own claims may be read. */
function createRig(options = {}) {
  const rig = createTenureRig({
    authorize: (identity, _action, channel) =>
      ((identity?.claims?.['channels'] as string[] | undefined) ?? []).includes(channel),
    ...options,
  })
  const know = (name: string, channels: readonly string[], rest: Partial<Identity> = {}) =>
    rig.known.set(name, { id: 'ann', claims: { channels }, ...rest })
  return { ...rig, know, inMs: (ms: number) => ({ expiresAt: rig.clock.now() + ms }) }
}

describe('a token renewed on an open WebSocket', () => {
  it('lets reading go on past the end of the one before, without loss or repeat (§7, §12)', async () => {
    const { clock, gamut, open, know, inMs, turns } = createRig({ maxAgeMs: 1e9 })
    know('old', ['a'], inMs(20_000))
    const reading = await open('/channels/a?as=websocket&cursor=newest', { token: 'old' })
    await turns()
    await gamut.publish('a', 1)
    know('new', ['a'], inMs(40_000))
    reading.send({ type: 'auth', ref: 'r', token: 'new' })
    await gamut.publish('a', 2)
    await clock.advance(25_000)
    await gamut.publish('a', 3)
    await turns()
    expect(framesOf(reading)).toContainEqual({ type: 'ok', ref: 'r' })
    expect(dataOf(reading)).toEqual([1, 2, 3])
    await clock.advance(16_000)
    expect(reading.ending).toEqual({ status: 4100, reason: 'unauthenticated' })
    expect(framesOf(reading).filter(({ type }) => type === 'auth')).toHaveLength(1)
  })

  it('is authenticated as a bearer token at the address of the handshake (§12)', async () => {
    const asked: Request[] = []
    const { open, turns } = createRig({
      authenticate: (request: Request) => {
        asked.push(request)
        return { id: 'ann', claims: { channels: ['a'] } }
      },
    })
    const reading = await open('/channels/a?as=websocket&x=1', {
      headers: { cookie: 'c=1', origin: 'http://gamut.test' },
    })
    await turns()
    reading.send({ type: 'auth', ref: 1, token: 'eyJ.e30.x=' })
    await turns()
    const [, renewed] = asked
    expect(renewed?.url).toBe('http://gamut.test/channels/a?as=websocket&x=1')
    expect([...(renewed?.headers ?? [])]).toEqual([['authorization', 'Bearer eyJ.e30.x=']])
    expect(framesOf(reading)).toContainEqual({ type: 'ok', ref: 1 })
  })

  it('ends the channels that it may not read, and only those (§12, I21)', async () => {
    const { gamut, open, know, turns } = createRig()
    know('old', ['a', 'b', 'c'])
    know('new', ['b', 'c'])
    const reading = await open('/channels?as=websocket&channel=a&channel=b&cursor=newest&cursor=newest', {
      token: 'old',
    })
    reading.send({ type: 'subscribe', ref: 1, channel: 'c', cursor: 'newest' })
    await turns()
    await gamut.publish('a', 'a1')
    await turns()
    reading.send({ type: 'auth', ref: 2, token: 'new' })
    await turns()
    expect(framesOf(reading).slice(-2)).toEqual([
      { type: 'end', channel: 'a', reason: 'auth' },
      { type: 'ok', ref: 2 },
    ])
    for (const channel of ['a', 'b', 'c']) await gamut.publish(channel, `${channel}2`)
    await turns()
    expect(dataOf(reading)).toEqual(['a1', 'b2', 'c2'])
    reading.send({ type: 'subscribe', ref: 3, channel: 'a' })
    await turns()
    expect(framesOf(reading).at(-1)).toMatchObject({ type: 'error', ref: 3, code: 'forbidden' })
  })

  it.each([
    ['of nobody known', 'unknown', 'unauthenticated'],
    ['of somebody else', 'bob', 'forbidden'],
    ['that has ended', 'ended', 'unauthenticated'],
    ['that the application fails at', 'failing', 'internal'],
  ])('leaves everything as it was where it is %s (§12)', async (_title, token, code) => {
    const { clock, gamut, open, know, known, inMs, turns } = createRig()
    know('old', ['a'], inMs(20_000))
    know('ended', ['a'], inMs(0))
    know('failing', ['a'], { expiresAt: Number.NaN })
    known.set('bob', { id: 'bob', claims: { channels: ['a'] } })
    const reading = await open('/channels/a?as=websocket&cursor=newest', { token: 'old' })
    await turns()
    reading.send({ type: 'auth', ref: 1, token })
    await turns()
    expect(framesOf(reading).at(-1)).toMatchObject({ type: 'error', ref: 1, code })
    await gamut.publish('a', 'still')
    await turns()
    expect(dataOf(reading)).toEqual(['still'])
    await clock.advance(21_000)
    expect(reading.ending?.status).toBe(4100)
  })

  it('makes somebody of nobody once, who then ends as the token does, and stays who that is (§12)', async () => {
    const { clock, gamut, open, know, known, inMs, turns } = createRig({
      channels: { open: { public: true } },
    })
    know('first', ['a', 'open'], inMs(20_000))
    known.set('bob', { id: 'bob', claims: { channels: ['a', 'open'] } })
    const reading = await open('/channels/open?as=websocket', {})
    reading.send({ type: 'subscribe', ref: 1, channel: 'a' })
    await turns()
    expect(framesOf(reading)).toContainEqual(expect.objectContaining({ ref: 1, code: 'unauthenticated' }))
    reading.send({ type: 'auth', ref: 2, token: 'first' })
    await turns()
    reading.send({ type: 'subscribe', ref: 3, channel: 'a' })
    reading.send({ type: 'auth', ref: 4, token: 'bob' })
    await turns()
    expect(framesOf(reading)).toContainEqual({ type: 'ok', ref: 2 })
    expect(framesOf(reading)).toContainEqual({ type: 'ok', ref: 3 })
    expect(framesOf(reading)).toContainEqual(expect.objectContaining({ ref: 4, code: 'forbidden' }))
    await gamut.publish('a', 'to somebody')
    await turns()
    expect(dataOf(reading)).toEqual(['to somebody'])
    await clock.advance(21_000)
    expect(reading.ending).toEqual({ status: 4100, reason: 'unauthenticated' })
  })

  it('asks again for a channel that was subscribed while it was asked for (§12, I21)', async () => {
    let answerSlowly: () => void = () => {}
    const { gamut, open, known, turns } = createRig({
      authorize: async (identity: Identity | null, _action: string, channel: string) => {
        if (channel === 'slow')
          await new Promise<void>((resolve) => {
            answerSlowly = resolve
          })
        return channel !== 'late' || identity?.claims?.['late'] === true
      },
    })
    known.set('old', { id: 'ann', claims: { late: true } })
    known.set('new', { id: 'ann' })
    const reading = await open('/connect', { token: 'old' })
    reading.send({ type: 'subscribe', channel: 'slow' })
    await turns()
    answerSlowly()
    await turns()
    reading.send({ type: 'auth', ref: 1, token: 'new' })
    await turns()
    reading.send({ type: 'subscribe', ref: 2, channel: 'late' })
    await turns()
    expect(framesOf(reading)).toContainEqual({ type: 'ok', ref: 2 })
    answerSlowly()
    await turns()
    expect(framesOf(reading)).toContainEqual({ type: 'end', channel: 'late', reason: 'auth' })
    await gamut.publish('late', 'secret')
    await turns()
    expect(dataOf(reading)).toEqual([])
  })

  it('asks a subscription that waits for its answer as whoever it is by then (§12, I21)', async () => {
    const asked: ((may: boolean) => void)[] = []
    const { open, known, turns } = createRig({
      authorize: () => new Promise<boolean>((resolve) => asked.push(resolve)),
    })
    known.set('old', { id: 'ann' })
    known.set('new', { id: 'ann' })
    const reading = await open('/connect', { token: 'old' })
    reading.send({ type: 'subscribe', ref: 1, channel: 'a' })
    await turns()
    reading.send({ type: 'auth', ref: 2, token: 'new' })
    await turns()
    asked.shift()?.(true)
    await turns()
    asked.shift()?.(false)
    await turns()
    expect(framesOf(reading).slice(1)).toMatchObject([
      { type: 'ok', ref: 2 },
      { type: 'error', ref: 1, code: 'forbidden' },
    ])
  })

  it('counts from the one that was sent last (§7, §12)', async () => {
    const waiting: (() => void)[] = []
    const { clock, open, turns } = createTenureRig({
      authenticate: async (request: Request) => {
        const token = request.headers.get('authorization')?.slice(7) ?? ''
        if (token === 'slow') await new Promise<void>((resolve) => waiting.push(resolve))
        return { id: 'ann', expiresAt: clock.now() + (token === 'quick' ? 60_000 : 10_000) }
      },
    })
    const reading = await open('/connect', { token: 'first' })
    reading.send({ type: 'auth', ref: 1, token: 'slow' })
    reading.send({ type: 'auth', ref: 2, token: 'quick' })
    await turns()
    for (const go of waiting) go()
    await turns()
    expect(framesOf(reading).slice(1)).toEqual([
      { type: 'ok', ref: 1 },
      { type: 'ok', ref: 2 },
    ])
    await clock.advance(30_000)
    expect(reading.isOver).toBe(false)
  })

  it('leaves channels to a refusal that authorize throws, and everything to a failure of it (§12)', async () => {
    let thrown: Error = new GamutError('forbidden', 'no')
    let isThrowing = false
    const { open, know, turns } = createRig({
      authorize: () => {
        if (isThrowing) throw thrown
        return true
      },
    })
    know('old', [])
    const reading = await open('/channels/a?as=websocket', { token: 'old' })
    await turns()
    isThrowing = true
    thrown = new Error('the database is away')
    reading.send({ type: 'auth', ref: 1, token: 'old' })
    await turns()
    expect(framesOf(reading).at(-1)).toMatchObject({ type: 'error', ref: 1, code: 'internal' })
    thrown = new GamutError('forbidden', 'no')
    reading.send({ type: 'auth', ref: 2, token: 'old' })
    await turns()
    expect(framesOf(reading).slice(-2)).toMatchObject([
      { type: 'end', channel: 'a', reason: 'auth' },
      { type: 'ok', ref: 2 },
    ])
  })
})

describe.each(['sse', 'ndjson'])('a token renewed for %s', (transport) => {
  it('reads on in the next response, opened at the cursor before the last is closed, without loss or repeat (§8, §12)', async () => {
    const { gamut, open, clock, know, inMs, turns } = createRig()
    const seen = new Map<string, unknown>()
    const note = (text: string) => {
      const pattern = transport === 'sse' ? /id: (\S+)\ndata: (\d+)\n/g : /"offset":(\d+),.*?"data":(\d+)/g
      for (const [, id = '', data] of text.matchAll(pattern)) seen.set(id, Number(data))
      const cursors = transport === 'sse' ? /^id: (\S+)$/gm : /"cursor":"([^"]+)"/g
      return [...text.matchAll(cursors)].at(-1)?.[1] ?? ''
    }
    let reading: Reading | undefined
    let cursor = 'newest'
    let published = 0
    for (let round = 0; round < 5; round++) {
      know(`token ${round}`, ['a'], inMs(20_000))
      const before = reading
      if (before) cursor = note(before.text)
      reading = await open(`/channels/a?as=${transport}&cursor=${cursor}`, { token: `token ${round}` })
      // Both are open for a moment.
      await gamut.publish('a', ++published)
      await turns()
      if (before) {
        note(before.text)
        before.owner?.closed()
      }
      await gamut.publish('a', ++published)
      await clock.advance(15_000)
    }
    note(reading?.text ?? '')
    expect([...seen.values()]).toEqual(Array.from({ length: 10 }, (_, index) => index + 1))
  })
})
