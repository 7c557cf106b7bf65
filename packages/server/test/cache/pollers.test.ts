import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type CachedRig, createCachedRig, offsetOf } from './rig.js'

/** A reader that goes from cursor to cursor, as fast as it is told to. */
class Poller {
  readonly got: number[] = []
  readonly faults: string[] = []
  requests = 0
  /** Requests that were told to come again at once. */
  hurried = 0
  readonly #rig: CachedRig
  readonly #rest: string
  #cursor = 'oldest'
  #due = 0

  constructor(rig: CachedRig, rest: string) {
    this.#rig = rig
    this.#rest = rest
  }

  get cursor(): string {
    return this.#cursor
  }

  /** Polls for as long as it is due. */
  async run(): Promise<void> {
    while (this.#rig.clock.elapsed() >= this.#due) await this.#poll()
  }

  async #poll(): Promise<void> {
    this.requests++
    const { status, body } = await this.#rig.ask(
      `/channels/open/a?as=poll&cursor=${this.#cursor}${this.#rest}`,
    )
    const answer = JSON.parse(body)
    if (status !== 200 || answer.outcome === 'gap') {
      this.faults.push(answer.gap?.reason ?? answer.error.code)
      this.#due = Number.POSITIVE_INFINITY
      return
    }
    if (this.#cursor !== 'oldest')
      expect(offsetOf(answer.cursor)).toBeGreaterThanOrEqual(offsetOf(this.#cursor))
    this.got.push(...answer.messages.map(({ data }: { data: number }) => data))
    this.#cursor = answer.cursor
    if (answer.pollAfterMs === 0) this.hurried++
    this.#due = this.#rig.clock.elapsed() + answer.pollAfterMs
  }
}

const limits = ['', '&limit=1', '&limit=2', '&limit=3']
const anyStep = fc.oneof(
  fc.record({ publish: fc.integer({ min: 1, max: 6 }) }),
  fc.record({ pass: fc.constantFrom(500, 1000, 2000, 5000) }),
)
const anyRun = fc.record({
  steps: fc.array(anyStep, { minLength: 3, maxLength: 25 }),
  pollers: fc.array(fc.constantFrom(...limits), { minLength: 1, maxLength: 5 }),
})

/** Publishes 0, 1, 2, … while pollers of all kinds read, and then lets time pass until they could have everything. */
async function follow(
  kind: 'correct' | 'hostile',
  { steps, pollers }: typeof anyRun extends fc.Arbitrary<infer T> ? T : never,
) {
  const rig = createCachedRig(kind)
  const readers = pollers.map(
    (rest, index) => new Poller(rig, kind === 'hostile' && index % 2 ? `${rest}&_=${index}` : rest),
  )
  let published = 0
  for (const step of steps) {
    if ('publish' in step) {
      for (let n = 0; n < step.publish; n++) await rig.gamut.publish('open/a', published++)
    } else {
      await rig.clock.advance(step.pass)
    }
    await Promise.all(readers.map((reader) => reader.run()))
    await rig.cache.settle()
  }
  for (let turn = 0; turn < 4; turn++) {
    await rig.clock.advance(5000)
    await Promise.all(readers.map((reader) => reader.run()))
    await rig.cache.settle()
  }
  const polls = steps.length + 4
  await rig.gamut.stop()
  return { readers, published, polls }
}

const upTo = (count: number) => Array.from({ length: count }, (_, n) => n)

describe('pollers behind a shared cache', () => {
  it('get every message once and in order, and ask no more often than they are told (§4, §8)', async () => {
    await fc.assert(
      fc.asyncProperty(anyRun, async (run) => {
        const { readers, published, polls } = await follow('correct', run)
        for (const { got, requests, hurried, faults } of readers) {
          expect(faults).toEqual([])
          expect(got).toEqual(upTo(published))
          expect(hurried).toBeLessThanOrEqual(published)
          expect(requests).toBeLessThanOrEqual(published + polls)
        }
      }),
      { numRuns: 60 },
    )
  })

  it('stand still behind one that keeps everything for ever: nothing wrong, nothing twice, and none spins', async () => {
    await fc.assert(
      fc.asyncProperty(anyRun, async (run) => {
        const { readers, published, polls } = await follow('hostile', run)
        for (const { got, requests, hurried } of readers) {
          expect(got).toEqual(upTo(got.length))
          expect(got.length).toBeLessThanOrEqual(published)
          expect(requests).toBeLessThanOrEqual(hurried + polls)
          expect(hurried).toBeLessThanOrEqual(published)
        }
      }),
      { numRuns: 60 },
    )
  })

  it('see by a gap that a kept answer is of a log that was lost, and go on from there (§5)', async () => {
    const rig = createCachedRig('hostile')
    const poller = new Poller(rig, '')
    await rig.gamut.publish('open/a', 0)
    await poller.run()
    const { cursor } = poller
    const other = createCachedRig('hostile')
    await other.gamut.publish('open/a', 'of another life')
    const { body } = await other.ask(`/channels/open/a?as=poll&cursor=${cursor}`)
    expect(JSON.parse(body)).toMatchObject({ outcome: 'gap', gap: { reason: 'epoch', after: cursor } })
    await Promise.all([rig.gamut.stop(), other.gamut.stop()])
  })

  it('are one request a period, ten thousand of them too (§4)', async () => {
    const { gamut, clock, cache, ask, requests } = createCachedRig()
    await gamut.publish('open/a', 'now')
    const periods = 5
    for (let period = 0; period < periods; period++) {
      const answers = await Promise.all(Array.from({ length: 10_000 }, () => ask('/channels/open/a?as=poll')))
      expect(answers.every(({ body }) => body.includes('now'))).toBe(true)
      await clock.advance(2000)
      await cache.settle()
    }
    expect(requests()).toBeLessThanOrEqual(periods)
    await gamut.stop()
  })

  it('wait in one long-poll, and are released together by one answer (§4)', async () => {
    const { gamut, ask, requests } = createCachedRig()
    const { cursor } = await gamut.publish('open/a', 'before')
    const waiting = Array.from({ length: 1000 }, () => ask(`/channels/open/a?as=long-poll&cursor=${cursor}`))
    await expect.poll(() => gamut.connections).toBe(1)
    await gamut.publish('open/a', 'after')
    const bodies = new Set((await Promise.all(waiting)).map(({ body }) => body))
    expect([...bodies]).toHaveLength(1)
    expect(JSON.parse([...bodies][0] ?? '')).toMatchObject({ messages: [{ data: 'after' }] })
    expect(requests()).toBe(1)
    await gamut.stop()
  })
})

describe('private answers behind a cache that keeps everything by its URL', () => {
  const ann = { authorization: 'Bearer ann' }
  const bob = { authorization: 'Bearer bob' }

  it('reach whoever asks by the same URL: no header helps against such a cache (I22)', async () => {
    const { gamut, ask } = createCachedRig('hostile')
    await gamut.publish('mine/ann', 'for ann')
    await ask('/channels/mine/ann?as=poll', ann)
    expect((await ask('/channels/mine/ann?as=poll', bob)).body).toContain('for ann')
    await gamut.stop()
  })

  it('reach nobody else where each reader asks by a URL that only they know (I22)', async () => {
    const { gamut, ask } = createCachedRig('hostile')
    await gamut.publish('mine/ann', 'for ann')
    await gamut.publish('mine/bob', 'for bob')
    for (const [who, by, other] of [
      ['ann', ann, 'bob'],
      ['bob', bob, 'ann'],
    ] as const) {
      expect((await ask(`/channels/mine/${who}?as=poll&_=secret-of-${who}`, by)).body).toContain(`for ${who}`)
      expect((await ask(`/channels/mine/${other}?as=poll&_=secret-of-${who}`, by)).status).toBe(403)
    }
    await gamut.stop()
  })

  it('are never answers of a stream, which has no end to be kept at', async () => {
    const { gamut, ask } = createCachedRig('hostile')
    await gamut.publish('mine/ann', 'for ann')
    for (const as of ['sse', 'ndjson']) {
      expect((await ask(`/channels/mine/ann?as=${as}`, ann)).status).toBe(200)
      expect((await ask(`/channels/mine/ann?as=${as}`, bob)).status).toBe(403)
    }
    await gamut.stop()
  })
})
