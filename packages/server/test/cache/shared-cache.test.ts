import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type CachedRig, createCachedRig, offsetOf } from './rig.js'
import type { CachedAnswer } from './shared-cache.js'

const channels = ['open/a', 'open/a', 'open-keyed/k', 'mine/ann', 'mine/bob'] as const
const people = ['ann', 'bob'] as const

/** Mostly the plain case, so that readers meet at the same URLs. */
const seldom = <T>(...values: T[]) =>
  fc.oneof(
    { weight: 6, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.constantFrom(...values) },
  )

const anyRead = fc.record({
  channel: fc.constantFrom(...channels),
  second: seldom(...channels),
  who: fc.constantFrom(...people, undefined),
  by: fc.constantFrom('token', 'cookie', 'both'),
  query: fc.constantFrom('as=poll', 'as=poll', 'as=long-poll&wait=0', 'wait=0', 'as=sse', 'as=ndjson', ''),
  position: fc.constantFrom('', '', '', 'oldest', 'known', 'known', 'newest', 'nonsense'),
  limit: seldom('limit=1', 'limit=2', 'limit=0'),
  info: fc.boolean(),
  origin: seldom('https://app.example', 'https://evil.example', 'null'),
  accept: fc.constantFrom('*/*', 'application/json', 'text/event-stream', 'application/x-ndjson'),
  prefer: seldom('wait=0'),
  lastEventId: seldom(true),
  tag: seldom('last', 'any'),
})

type Read = typeof anyRead extends fc.Arbitrary<infer T> ? T : never

const anyStep = fc.oneof(
  { weight: 6, arbitrary: fc.array(anyRead, { minLength: 1, maxLength: 8, size: 'max' }) },
  { weight: 3, arbitrary: fc.constantFrom(...channels) },
  { weight: 2, arbitrary: fc.constantFrom(1, 400, 1000, 2500, 10_000, 60_000) },
)

/** What readers know of earlier answers. */
interface Known {
  readonly cursors: Map<string, string>
  readonly tags: Map<string, string>
}

const join = (...parts: string[]) => parts.filter(Boolean).join('&')

function targetOf(read: Read, cursors: Known['cursors']): string {
  const { channel, second, position, query, limit } = read
  const cursor = position === 'known' ? (cursors.get(channel) ?? '') : position
  const rest = join(query, !read.lastEventId && cursor ? `cursor=${cursor}` : '', limit ?? '')
  if (second && second !== channel) return `/channels?${join(`channel=${channel}&channel=${second}`, rest)}`
  return `/channels/${channel}?${join(read.info && !query ? 'info' : '', rest)}`
}

function headersOf(read: Read, target: string, { cursors, tags }: Known): Record<string, string> {
  const { who, by, channel, position, lastEventId, tag } = read
  return {
    accept: read.accept,
    ...(who && by !== 'cookie' && { authorization: `Bearer ${who}` }),
    ...(who && by !== 'token' && { cookie: `theme=dark; sid=${who}` }),
    ...(read.origin && { origin: read.origin }),
    ...(read.prefer && { prefer: read.prefer }),
    ...(lastEventId && position === 'known' && { 'last-event-id': cursors.get(channel) ?? '' }),
    ...(tag === 'last' && tags.has(target) && { 'if-none-match': tags.get(target) ?? '' }),
    ...(tag === 'any' && { 'if-none-match': [...tags.values()].join(', ') }),
  }
}

/** How long an answer may be given again, in milliseconds. */
function lifeOf(cacheControl: string): number {
  const [, life = 0, grace = 0] =
    /^public, max-age=(\d+)(?:, stale-while-revalidate=(\d+))?(?:, immutable)?$/.exec(cacheControl) ?? []
  return (Number(life) + Number(grace)) * 1000
}

/** What is kept for all must have been given for all, to this very URL, and not too long ago. */
async function checkKept(rig: CachedRig, target: string, answer: CachedAnswer): Promise<void> {
  const { status, body, headers, from } = answer
  const url = `http://gamut.test${target}`
  const given = rig.originals.get(url) ?? []
  expect(target).toMatch(/as=(poll|long-poll)/)
  expect(target).not.toContain('mine')
  expect([headers.get('vary'), headers.get('access-control-allow-origin')]).toEqual([null, '*'])
  expect(given.some((one) => rig.clock.elapsed() - one.at <= lifeOf(one.cacheControl))).toBe(true)
  if (status === 304) return
  expect(given.map((one) => one.body)).toContain(body)
  if (from !== 'revalidated') return
  const now = await (await rig.gamut.fetch(new Request(url))).json()
  expect({ ...JSON.parse(body), pollAfterMs: 0 }).toEqual({ ...now, pollAfterMs: 0 })
}

async function readAndCheck(rig: CachedRig, read: Read, known: Known): Promise<CachedAnswer['from']> {
  const target = targetOf(read, known.cursors)
  const headers = headersOf(read, target, known)
  const answer = await rig.ask(target, headers)
  const { status, body, from } = answer
  for (const person of people) if (person !== read.who) expect(body).not.toContain(`for ${person}`)
  if (from === 'origin') {
    const direct = await rig.gamut.fetch(new Request(`http://gamut.test${target}`, { headers }))
    const isEndless = body === '' && status === 200
    if (isEndless) await direct.body?.cancel()
    expect([status, body]).toEqual([direct.status, isEndless ? '' : await direct.text()])
  } else {
    expect([200, 304]).toContain(status)
    await checkKept(rig, target, answer)
  }
  const tag = answer.headers.get('etag')
  if (tag) known.tags.set(target, tag)
  if (body.startsWith('{"channel":')) {
    const { channel, cursor, outcome } = JSON.parse(body)
    const asked = new URLSearchParams(target.split('?')[1]).get('cursor') ?? ''
    if (outcome === 'resumed' && asked.includes('.'))
      expect(offsetOf(cursor)).toBeGreaterThanOrEqual(offsetOf(asked))
    if (cursor) known.cursors.set(channel, cursor)
  }
  return from
}

describe('behind a shared cache that does all it may (RFC 9111)', () => {
  it('each reader gets what the server gives them, or a public answer that is not too old (§4, I22)', async () => {
    const from = { origin: 0, store: 0, revalidated: 0 }
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { minLength: 5, maxLength: 60, size: 'max' }), async (steps) => {
        const rig = createCachedRig()
        const known: Known = { cursors: new Map(), tags: new Map() }
        let count = 0
        for (const step of steps) {
          if (typeof step === 'number') await rig.clock.advance(step)
          else if (typeof step === 'string') {
            const key = step.startsWith('open-keyed') ? { key: `k${count % 3}` } : {}
            await rig.gamut.publish(step, `for ${step.split('/')[1]} ${count++}`, key)
          } else
            for (const one of await Promise.all(step.map((read) => readAndCheck(rig, read, known))))
              from[one]++
          await rig.cache.settle()
        }
        await rig.gamut.stop()
      }),
      { numRuns: 80 },
    )
    for (const count of Object.values(from)) expect(count).toBeGreaterThan(20)
  }, 60_000)
})
