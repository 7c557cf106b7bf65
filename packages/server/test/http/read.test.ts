import { createVirtualClock } from '@gamut/testing'
import { describe, expect, it } from 'vitest'
import { createRig } from '../rig.js'

describe('polling', () => {
  it('answers 304 to a known tag from the head alone, until something is added (§4)', async () => {
    const { ask, gamut } = createRig()
    await gamut.publish('a', 1)
    const first = await ask('/channels/a')
    const tag = first.headers.get('etag') ?? ''
    expect(tag).toMatch(/^W\/"/)
    const same = await ask('/channels/a', { headers: { 'if-none-match': `"other", ${tag}` } })
    expect([same.status, await same.text(), same.headers.get('etag')]).toEqual([304, '', tag])
    await gamut.publish('a', 2)
    expect((await ask('/channels/a', { headers: { 'if-none-match': tag } })).status).toBe(200)
    await gamut.close('a')
    const open = (await ask('/channels/a')).headers.get('etag') ?? ''
    expect(open).toContain('closed')
  })

  it('gives the last message, or a snapshot, where no position is asked for (§4)', async () => {
    const { read, gamut } = createRig({
      channels: { 's/*': { keyed: true }, o: { initial: 'oldest' }, n: { initial: 'newest' } },
    })
    for (const channel of ['a', 'o', 'n']) for (const n of [1, 2]) await gamut.publish(channel, n)
    for (const n of [1, 2, 3]) await gamut.publish('s/a', n, { key: n === 2 ? 'y' : 'x' })
    const data = async (channel: string) =>
      (await read(`/channels/${channel}`)).messages.map((m: { data: number }) => m.data)
    expect(await data('a')).toEqual([2])
    expect(await data('o')).toEqual([1, 2])
    expect(await data('n')).toEqual([])
    expect(await data('s/a')).toEqual([2, 3])
    expect(await read('/channels/s/a')).toMatchObject({ outcome: 'snapshot', snapshotEnd: true })
  })

  it('gives the snapshot of a volatile channel as one, however it changes meanwhile (§5)', async () => {
    const { read, gamut } = createRig({ channels: { board: { keyed: true, volatile: true } } })
    for (let n = 0; n < 500; n++) await gamut.publish('board', n, { key: `k${n}` })
    expect(await read('/channels/board')).toMatchObject({
      snapshotEnd: true,
      more: false,
      messages: { length: 500 },
    })
  })

  it('creates nothing by reading a name that nobody has written (§4)', async () => {
    const { read } = createRig()
    const answer = await read('/channels/nobody')
    expect(answer).toMatchObject({ outcome: 'live', messages: [], more: false, closed: false })
    expect((await read(`/channels/nobody?cursor=${answer.cursor}`)).outcome).toBe('resumed')
  })

  it('says what became of a position: resumed, expired, epoch, diverged, unknown (§5, I5)', async () => {
    const { read, ask, gamut } = createRig({ channels: { a: { retention: { count: 2 } } } })
    const cursors: string[] = []
    for (let n = 0; n < 5; n++) cursors.push((await gamut.publish('a', n)).cursor)
    expect(await read(`/channels/a?cursor=${cursors[3]}`)).toMatchObject({
      outcome: 'resumed',
      messages: [{ data: 4 }],
    })
    expect(await read(`/channels/a?cursor=${cursors[2]}`)).toMatchObject({
      outcome: 'resumed',
      messages: [{ data: 3 }, { data: 4 }],
    })
    const expired = await read(`/channels/a?cursor=${cursors[0]}`)
    expect(expired).toMatchObject({
      outcome: 'gap',
      gap: { reason: 'expired', after: cursors[0], cursor: cursors[2] },
    })
    expect(expired.messages).toHaveLength(2)
    expect(await read(`/channels/a?cursor=${cursors[0]}&gap=newest`)).toMatchObject({
      messages: [],
      cursor: cursors[4],
    })
    expect((await read('/channels/a?cursor=other.3.0')).gap.reason).toBe('epoch')
    const [epoch] = cursors[0]?.split('.') ?? []
    expect((await read(`/channels/a?cursor=${epoch}.99.0`)).gap.reason).toBe('diverged')
    const lastEventId = await ask('/channels/a', { headers: { 'last-event-id': 'no cursor at all' } })
    expect(await lastEventId.json()).toMatchObject({
      outcome: 'gap',
      gap: { reason: 'unknown', after: 'no cursor at all' },
    })
  })

  it('bounds a batch by limit and says that there is more (§4)', async () => {
    const { read, gamut } = createRig()
    for (let n = 0; n < 250; n++) await gamut.publish('a', n)
    const first = await read('/channels/a?cursor=oldest')
    expect([first.messages.length, first.more, first.pollAfterMs]).toEqual([100, true, 0])
    const rest = await read(`/channels/a?cursor=${first.cursor}&limit=5000`)
    expect([rest.messages.length, rest.more]).toEqual([150, false])
    expect((await read('/channels/a?last=3')).messages.map(({ data }: { data: number }) => data)).toEqual([
      247, 248, 249,
    ])
    const paged = await read('/channels/a?last=200&limit=150')
    expect([paged.messages[0].data, paged.messages.length, paged.more]).toEqual([50, 150, true])
  })

  it('reads several channels at once, each from its own position or by one cursor (§4, §15)', async () => {
    const { read, gamut } = createRig()
    const { cursor } = await gamut.publish('a', 1)
    await gamut.publish('a', 2)
    await gamut.publish('b', 3)
    const both = await read(`/channels?channel=b&channel=a&cursor=&cursor=${cursor}`)
    expect(
      both.channels.map(({ channel, outcome }: Record<string, string>) => `${channel} ${outcome}`),
    ).toEqual(['b live', 'a resumed'])
    expect(both.cursor).toMatch(/^s\.[0-9a-f]{8}\./)
    await gamut.publish('b', 4)
    const next = await read(`/channels?channel=a&channel=b&cursor=${both.cursor}`)
    expect(
      next.channels.map(({ messages }: { messages: { data: number }[] }) => messages.map(({ data }) => data)),
    ).toEqual([[], [4]])
    const other = await read(`/channels?channel=a&channel=c&cursor=${both.cursor}`)
    expect(other.channels.map(({ gap }: { gap: { reason: string } }) => gap.reason)).toEqual([
      'unknown',
      'unknown',
    ])
    expect((await read('/channels?channel=a')).channels).toHaveLength(1)
  })

  it('tells what a client that knows nothing should know (§15)', async () => {
    const { read, gamut } = createRig({
      channels: { slow: { need: { stalenessMs: 30_000 } }, chat: { need: { direction: 'both' } } },
    })
    await gamut.publish('slow', 1)
    expect(await read('/channels/slow?info')).toEqual({
      channel: 'slow',
      need: { stalenessMs: 30_000 },
      advised: ['poll', 'sse', 'ndjson', 'websocket', 'long-poll'],
      head: expect.stringMatching(/\.1\.0$/),
      oldest: expect.stringMatching(/\.0\.0$/),
      retention: { count: 10_000, bytes: 16_777_216, ageMs: 86_400_000 },
      keyed: false,
      closed: false,
      // What is tolerated, without the round trip.
      pollAfterMs: 29_950,
    })
    expect(await read('/channels/$presence/slow?info')).toMatchObject({ keyed: true, keyAgeMs: 90_000 })
    expect((await read('/channels/chat?info')).advised[0]).toBe('websocket')
    expect((await read('/channels/any?info')).advised[0]).toBe('sse')
  })
})

describe('long-polling', () => {
  it('waits for the first message and answers with the whole turn (§4)', async () => {
    const { ask, gamut, read } = createRig()
    const { cursor } = await read('/channels/a')
    const waiting = ask(`/channels/a?cursor=${cursor}`, { headers: { prefer: 'respond-async, wait=20' } })
    await expect.poll(() => gamut.connections).toBe(1)
    await Promise.all([gamut.publish('a', 1), gamut.publish('a', 2)])
    const response = await waiting
    expect(response.headers.get('preference-applied')).toBe('wait=20')
    expect(await response.json()).toMatchObject({ outcome: 'resumed', messages: [{ data: 1 }, { data: 2 }] })
    expect(gamut.connections).toBe(0)
  })

  it('answers an empty batch at the deadline, which no cache keeps (§4)', async () => {
    const { ask, read } = createRig()
    const { cursor } = await read('/channels/a')
    const response = await ask(`/channels/a?cursor=${cursor}&wait=0`)
    expect([response.status, response.headers.get('cache-control')]).toEqual([200, 'no-store'])
    expect(await response.json()).toMatchObject({ messages: [], cursor })
  })

  it('answers at once on a closed channel that is read to its end (§4)', async () => {
    const { ask, gamut } = createRig()
    const { cursor } = await gamut.publish('job', 1, { close: true })
    expect(await (await ask(`/channels/job?cursor=${cursor}&wait=60`)).json()).toMatchObject({
      closed: true,
      messages: [],
    })
  })

  it('is answered by the end of a channel', async () => {
    const { ask, gamut, read } = createRig()
    const { cursor } = await read('/channels/job')
    const waiting = ask(`/channels/job?cursor=${cursor}&wait=60`)
    await expect.poll(() => gamut.connections).toBe(1)
    await gamut.close('job')
    expect(await (await waiting).json()).toMatchObject({ closed: true, messages: [] })
  })

  it('waits on although one of several channels has ended (§4)', async () => {
    const { ask, gamut, read } = createRig()
    await gamut.close('done')
    const { cursor } = await read('/channels?channel=a&channel=done')
    const waiting = ask(`/channels?channel=a&channel=done&cursor=${cursor}&wait=60`)
    await expect.poll(() => gamut.connections).toBe(1)
    await gamut.publish('a', 1)
    const { channels, closed } = await (await waiting).json()
    expect([channels[0].messages.length, channels[1].closed, closed]).toEqual([1, true, false])
  })

  it('waits on several channels for the first of them (§4)', async () => {
    const { ask, gamut, read } = createRig()
    const { cursor } = await read('/channels?channel=a&channel=b')
    const waiting = ask(`/channels?channel=a&channel=b&cursor=${cursor}&wait=60`)
    await expect.poll(() => gamut.connections).toBe(1)
    await gamut.publish('b', 1)
    const { channels } = await (await waiting).json()
    expect(channels.map(({ messages }: { messages: unknown[] }) => messages.length)).toEqual([0, 1])
  })

  it('with a known tag answers what its URL asks for, and not only what is new (I22)', async () => {
    const { ask, gamut } = createRig({ channels: { k: { keyed: true, public: true } } })
    for (const key of ['a', 'b']) await gamut.publish('k', 1, { key })
    const url = '/channels/k?as=long-poll&wait=30'
    const tag = (await ask(url)).headers.get('etag') ?? ''
    const waiting = ask(url, { headers: { 'if-none-match': tag } })
    await expect.poll(() => gamut.connections).toBe(1)
    await gamut.publish('k', 2, { key: 'c' })
    expect(await (await waiting).json()).toMatchObject({ outcome: 'snapshot', messages: { length: 3 } })
  })

  it('with a known tag waits for what follows, and answers 304 if nothing does (§4)', async () => {
    const { ask, gamut } = createRig()
    await gamut.publish('a', 1)
    const tag = (await ask('/channels/a')).headers.get('etag') ?? ''
    const none = await ask('/channels/a?wait=0', { headers: { 'if-none-match': tag } })
    expect(none.status).toBe(304)
    const waiting = ask('/channels/a?wait=60', { headers: { 'if-none-match': tag } })
    await expect.poll(() => gamut.connections).toBe(1)
    await gamut.publish('a', 2)
    expect((await (await waiting).json()).messages).toMatchObject([{ data: 2 }])
  })
})

describe('a position that a header names', () => {
  const channels = { 'open/*': { public: true } }

  it('makes an answer that no shared cache may keep for others (I22)', async () => {
    const { ask, gamut } = createRig({ channels })
    await gamut.publish('open/a', 1)
    for (const id of ['garbage', (await gamut.publish('open/a', 2)).cursor]) {
      const { headers } = await ask('/channels/open/a?as=poll', { headers: { 'last-event-id': id } })
      expect(headers.get('cache-control')).toBe('private, no-cache')
      expect(headers.get('vary')).toContain('Last-Event-ID')
    }
  })

  it('is never answered by the tag of the answer without it (I5)', async () => {
    const { ask, gamut } = createRig()
    const { cursor } = await gamut.publish('a', 1)
    await gamut.publish('a', 2)
    await gamut.publish('a', 3)
    const tag = (await ask('/channels/a')).headers.get('etag') ?? ''
    const answer = await ask('/channels/a', { headers: { 'if-none-match': tag, 'last-event-id': cursor } })
    expect((await answer.json()).messages).toMatchObject([{ data: 2 }, { data: 3 }])
  })

  it('and no tag but one that was given is known', async () => {
    const { ask, gamut } = createRig()
    const { cursor } = await gamut.publish('a', 1)
    const answer = await ask('/channels/a', { headers: { 'if-none-match': `W/"${cursor}-invented"` } })
    expect(answer.status).toBe(200)
  })
})

describe('what is gone for one transport', () => {
  it('is gone for all: a volatile channel keeps one message in the window too (I8)', async () => {
    const { read, ask, gamut } = createRig({ channels: { v: { volatile: true } } })
    const stream = await ask('/channels/v?as=sse')
    const { cursor } = await gamut.publish('v', 1)
    for (let n = 2; n < 6; n++) await gamut.publish('v', n)
    await new Promise((resolve) => setImmediate(resolve))
    const polled = await read(`/channels/v?cursor=${cursor}`)
    const waited = await read(`/channels/v?cursor=${cursor}&wait=0`)
    expect([waited.outcome, waited.messages]).toEqual([polled.outcome, polled.messages])
    await stream.body?.cancel()
  })

  it('is gone by its age, also where a reader has read it into the window (I8)', async () => {
    const clock = createVirtualClock()
    const { read, ask, gamut } = createRig({ clock, channels: { a: { retention: { ageMs: 4000 } } } })
    const { cursor } = await gamut.publish('a', 1)
    await gamut.publish('a', 2)
    await clock.advance(2500)
    const stream = await ask('/channels/a?as=sse&cursor=oldest')
    await clock.advance(2500)
    const polled = await read(`/channels/a?cursor=${cursor}`)
    const waited = await read(`/channels/a?cursor=${cursor}&wait=0`)
    expect([waited.outcome, waited.messages]).toEqual([polled.outcome, polled.messages])
    await stream.body?.cancel()
  })
})

describe('caching (§4, I22)', () => {
  const channels = { 'open/*': { public: true, need: { stalenessMs: 5000 } } }

  it('lets shared caches keep only what was asked for explicitly of a public channel', async () => {
    const { ask, gamut } = createRig({ channels })
    await gamut.publish('open/a', 1)
    await gamut.publish('closed', 1)
    const explicit = await ask('/channels/open/a?as=poll', { headers: { origin: 'https://any.example' } })
    expect(explicit.headers.get('cache-control')).toBe('public, max-age=4, stale-while-revalidate=1')
    expect(explicit.headers.get('access-control-allow-origin')).toBe('*')
    expect(explicit.headers.get('vary')).toBeNull()
    const long = await ask('/channels/open/a?as=long-poll')
    expect(long.headers.get('cache-control')).toBe('public, max-age=4, stale-while-revalidate=1')
    for (const target of [
      '/channels/open/a',
      '/channels/closed?as=poll',
      '/channels?channel=open/a&channel=closed&as=poll',
    ]) {
      const { headers } = await ask(target)
      expect(headers.get('cache-control')).toBe('private, no-cache')
      expect(headers.get('vary')).toBe(
        'Authorization, Cookie, X-API-Key, Origin, Accept, Prefer, Last-Event-ID',
      )
    }
  })

  it('lets them keep a full page below the head for as long as retention does', async () => {
    const { ask, gamut } = createRig({
      channels: { 'open/*': { public: true, retention: { ageMs: 600_000 } } },
    })
    const { cursor } = await gamut.publish('open/a', 0)
    for (let n = 1; n < 5; n++) await gamut.publish('open/a', n)
    const { headers } = await ask(`/channels/open/a?as=poll&limit=2&cursor=${cursor}`)
    expect(headers.get('cache-control')).toBe('public, max-age=600, immutable')
  })

  it('keeps no stream, empty long-poll or error', async () => {
    const { ask, gamut } = createRig({ channels })
    const { cursor } = await gamut.publish('open/a', 1)
    const targets = [
      '?as=sse',
      '?as=ndjson',
      `?as=long-poll&wait=0&cursor=${cursor}`,
      '?as=nothing',
      '?last=-1',
    ]
    for (const target of targets) {
      const response = await ask(`/channels/open/a${target}`)
      expect(response.headers.get('cache-control')).toContain('no-store')
      await response.body?.cancel()
    }
  })
})
