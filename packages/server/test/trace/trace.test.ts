import { parsePattern } from '@gamut/protocol'
import { createVirtualClock, takeMessages } from '@gamut/testing'
import { describe, expect, it, vi } from 'vitest'
import { Trace } from '../../src/core/trace/trace.js'
import { systemClock } from '../../src/index.js'
import { opened, startTraced } from './rig.js'

const held = ['sse', 'ndjson', 'websocket'] as const
const post = (origin: string, body: unknown) =>
  fetch(`${origin}/trace`, { method: 'POST', body: JSON.stringify(body) })

describe('a trace (§14)', () => {
  it('notes nothing, and puts no sink in front of anybody, while nothing is traced', async () => {
    const note = vi.spyOn(Trace.prototype, 'note')
    const covers = vi.spyOn(Trace.prototype, 'covers')
    const { open, publish } = await startTraced({ trace: [] })
    const readers = await Promise.all(
      [...held, 'long-poll' as const, 'poll' as const].map((transport) =>
        opened(open(transport, 'news', 'alice', { cursor: 'newest', firstWaitSeconds: 0 })),
      ),
    )
    await publish('news', 20)
    await Promise.all(readers.map((reader) => takeMessages(reader, 20)))
    expect({ notes: note.mock.calls.length, questions: covers.mock.calls.length }).toEqual({
      notes: 0,
      questions: 0,
    })
    vi.restoreAllMocks()
  })

  it.each(held)(
    'begins for readers over %s that are there already, and ends by itself',
    async (transport) => {
      const { open, publish, origin, gamut } = await startTraced({ trace: [] })
      const reader = await opened(open(transport, 'news', 'alice', { cursor: 'newest' }))
      const [before = 0] = await publish('news', 1)
      await takeMessages(reader, 1)
      expect(await gamut.explain('news', before, 'alice')).toMatchObject({ verdict: 'passed' })
      expect((await post(origin, { channel: 'news', forMs: 60_000 })).status).toBe(200)
      const [during = 0] = await publish('news', 1)
      await takeMessages(reader, 1)
      expect(await gamut.explain('news', during, 'alice')).toMatchObject({ verdict: 'delivered' })
      expect(await gamut.explain('news', before, 'alice')).toMatchObject({ verdict: 'passed' })
      await post(origin, { channel: 'news', forMs: 0 })
      await publish('news', 5)
      await takeMessages(reader, 5)
      const { events, channels } = (await (await fetch(`${origin}/trace`)).json()) as {
        events: number
        channels: unknown[]
      }
      expect(channels).toEqual([])
      const covers = vi.spyOn(Trace.prototype, 'covers')
      await publish('news', 5)
      await takeMessages(reader, 5)
      // The sink in front has stepped aside: nobody is asked any more.
      expect(covers).not.toHaveBeenCalled()
      covers.mockRestore()
      expect(((await (await fetch(`${origin}/trace`)).json()) as { events: number }).events).toBe(events)
    },
  )

  it('says what it cannot know of readers without a trace', async () => {
    const { publish, gamut } = await startTraced({ trace: [] })
    const [offset = 0] = await publish('news', 1)
    const { verdict, todo } = await gamut.explain('news', offset, 'alice')
    expect({ verdict, todo }).toEqual({ verdict: 'untraced', todo: expect.stringContaining('POST /trace') })
  })

  it('knows of a name that nobody goes by', async () => {
    const { publish, gamut } = await startTraced()
    const [offset = 0] = await publish('news', 1)
    expect(await gamut.explain('news', offset, 'alice')).toMatchObject({ verdict: 'reader_unknown' })
  })

  it('stays within its bytes under a flood, forgets the oldest first and says since when it knows all', async () => {
    const { open, publish, origin, gamut } = await startTraced({ traceBytes: 20_000 })
    const reader = await opened(open('ndjson', 'news', 'alice', { cursor: 'newest' }))
    const offsets: number[] = []
    for (let n = 0; n < 200; n++) {
      offsets.push(...(await publish('news', 1)))
      await takeMessages(reader, 1)
    }
    const { bytes, maxBytes, events } = (await (await fetch(`${origin}/trace`)).json()) as Record<
      string,
      number
    >
    expect(bytes).toBeLessThanOrEqual(maxBytes ?? 0)
    expect(events).toBeGreaterThan(10)
    expect(await gamut.explain('news', offsets.at(-1) ?? 0, 'alice')).toMatchObject({ verdict: 'delivered' })
    const first = await gamut.explain('news', offsets[0] ?? 0, 'alice')
    expect(first).toMatchObject({ verdict: 'passed' })
    expect(first.tracedSince).toBeGreaterThan(first.message.time ?? Number.POSITIVE_INFINITY)
  })

  it('keeps names alone: no data, header or token', async () => {
    const { open, publish, origin, gamut } = await startTraced()
    const reader = await opened(
      open('sse', 'news', 'alice', { headers: { user: 'alice', cookie: 'session=s3cret' } }),
    )
    await gamut.publish('news', 'confidential')
    await takeMessages(reader, 1)
    await publish('news', 1)
    const text = await (await fetch(`${origin}/explain?channel=news&message=1&reader=alice`)).text()
    expect(text).not.toMatch(/confidential|s3cret/)
  })

  it('costs as little as before once its time is over', async () => {
    const clock = createVirtualClock()
    const trace = new Trace(clock, 1000)
    const pattern = parsePattern('a')
    if (pattern) trace.start(pattern, 1000)
    expect({ isOn: trace.isOn, covers: trace.covers('a' as never) }).toEqual({ isOn: true, covers: true })
    await clock.advance(1000)
    expect({ covers: trace.covers('a' as never), isOn: trace.isOn }).toEqual({ covers: false, isOn: false })
  })

  it('measures what it keeps', () => {
    const trace = new Trace(systemClock, 1000)
    const pattern = parsePattern('a')
    if (pattern) trace.start(pattern)
    const key = 'k'.repeat(255)
    for (let n = 0; n < 100; n++) {
      trace.note('a' as never, { kind: 'stored', cursor: 'e.1.0' as never, messages: [{ offset: n, key }] })
    }
    expect(trace.state.bytes).toBeLessThanOrEqual(1000)
    expect(trace.state.events).toBe(1)
  })
})

describe('the routes of operators (§14)', () => {
  it.each([
    ['', 'channel_invalid'],
    ['?channel=news', 'query_invalid'],
    ['?channel=news&message=', 'query_invalid'],
    ['?channel=a//b&message=1', 'channel_invalid'],
    [`?channel=news&message=${'x'.repeat(256)}`, 'query_invalid'],
    ['?channel=news&message=1&reader=', 'query_invalid'],
    ['?channel=news&message=1&reader=%0a', 'query_invalid'],
  ])('refuse to explain %s', async (query, code) => {
    const { origin } = await startTraced()
    const response = await fetch(`${origin}/explain${query}`)
    expect(await response.json()).toMatchObject({ error: { code } })
  })

  it.each([
    ['no JSON', 'x'],
    ['no channel', '{}'],
    ['no pattern', '{"channel":"a//b"}'],
    ['a negative time', '{"channel":"a","forMs":-1}'],
    ['a time past a day', '{"channel":"a","forMs":86400001}'],
    ['a part of a millisecond', '{"channel":"a","forMs":1.5}'],
    ['a text for a time', '{"channel":"a","forMs":"1"}'],
  ])('refuse to trace by %s', async (_title, body) => {
    const { origin } = await startTraced()
    const response = await fetch(`${origin}/trace`, { method: 'POST', body })
    expect({ status: response.status, body: await response.json() }).toMatchObject({
      status: 400,
      body: { error: { code: 'body_invalid' } },
    })
  })

  it('trace a hundred patterns at once at most', async () => {
    const { origin } = await startTraced({ trace: [] })
    for (let n = 0; n < 100; n++) expect((await post(origin, { channel: `c${n}` })).status).toBe(200)
    expect((await post(origin, { channel: 'one-more' })).status).toBe(503)
    expect((await post(origin, { channel: 'c0', forMs: 1000 })).status).toBe(200)
  })

  it.each(['/explain?channel=news&message=1', '/trace'])('open %s to operators alone', async (path) => {
    const { origin } = await startTraced({ operationsKey: 'a-key-of-some-length-for-operators' })
    expect((await fetch(`${origin}${path}`)).status).toBe(401)
    const headers = { authorization: 'Bearer a-key-of-some-length-for-operators' }
    expect((await fetch(`${origin}${path}`, { headers })).status).toBe(200)
  })
})
