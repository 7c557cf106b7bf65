import { describe, expect, it } from 'vitest'
import { toHttpRequest } from '../to-http-request.js'
import { createAdviceRig, minute } from './rig.js'

const second = 1000
const textsOf = ({ findings }: { findings: readonly { text: string }[] }) => findings.map(({ text }) => text)

describe('GET /advice (§14)', () => {
  it('says of a report that is polled for nothing how much seldomer would do', async () => {
    const rig = createAdviceRig({ channels: { 'report/*': { need: { stalenessMs: 5000 } } } })
    await rig.gamut.publish('report/daily', { total: 1 })
    const tags = new Map<string, string>()
    const pollers = Array.from({ length: 57 }, (_, index) => `10.0.0.${index}`)
    await rig.pass(61 * minute, 5 * second, async () => {
      for (const address of pollers) {
        const known = tags.get(address)
        const { headers } = await rig.poll('report/daily', address, known ? { 'if-none-match': known } : {})
        tags.set(address, headers['etag'] ?? '')
      }
    })
    const shown = await rig.one('report/daily')
    expect(shown).toMatchObject({
      declared: { stalenessMs: 5000 },
      used: 'poll',
      measured: { polls: { intervalMs: 5000 } },
    })
    expect(shown.measured.readers.poll).toBeCloseTo(57, 0)
    expect(textsOf(shown)).toContain(
      '41,000 polls an hour are answered 304; freshness of 60 s instead of 5 s loses nothing that was seen.',
    )
  })

  it('says of a chat of which nearly everything goes to clients what SSE would take', async () => {
    const rig = createAdviceRig({ channels: { 'chat/*': { need: { direction: 'both' } } } })
    const sockets = await Promise.all(
      Array.from({ length: 300 }, (_, index) => rig.socket('chat/lobby', `10.0.1.${index}`)),
    )
    await rig.pass(10 * minute, 2 * second, async (index) => {
      sockets[index % sockets.length]?.receive(
        JSON.stringify({ type: 'publish', channel: 'chat/lobby', data: index }),
      )
    })
    const shown = await rig.one('chat/lobby')
    expect(shown.used).toBe('websocket')
    expect(shown.measured.readers.websocket).toBeCloseTo(300, 0)
    expect(shown.measured.toClientsShare).toBeCloseTo(300 / 301, 4)
    expect(shown.measured.sent.byWebSocket).toBeCloseTo(0.5, 1)
    // How much is the calibration's to say.
    expect(textsOf(shown)).toEqual([
      expect.stringMatching(
        /^99\.7 % of frames go to clients; SSE would serve at 0\.\d+ × the memory and [\d.]+ × the CPU\.$/,
      ),
    ])
  })

  it('says nothing before it knows enough', async () => {
    const rig = createAdviceRig()
    await rig.pass(4 * minute, second, (index) => rig.gamut.publish('a', index))
    expect(await rig.one('a')).toMatchObject({ advice: { isProven: false, pattern: 'sse' } })
    expect(textsOf(await rig.one('a'))).toEqual([
      'Too little is known yet: 240 of 100 messages, polls and readers, in 4 min of 5 min.',
    ])
    await rig.clock.advance(2 * minute)
    expect(textsOf(await rig.one('a'))).toEqual(['Nobody reads it here.'])
    expect(textsOf(await rig.one('b'))).toEqual([
      'Too little is known yet: 0 of 100 messages, polls and readers, in 0 ms of 5 min.',
    ])
  })

  it('says what was declared otherwise than it is', async () => {
    const need = { readers: 1000, updatesPerSecond: 0.1, stalenessMs: 2000 }
    const rig = createAdviceRig({ channels: { a: { need } } })
    await rig.stream('a', '10.0.0.1')
    await rig.stream('a', '10.0.0.2')
    await rig.pass(6 * minute, second, (index) => rig.gamut.publish('a', index))
    expect(textsOf(await rig.one('a'))).toEqual([
      'Most readers use SSE, and that fits.',
      'Declared are 0.1 updates a second, measured 1.',
      'Declared are 1,000 readers, measured 2.',
    ])
  })

  it('goes page by page in the order of names, and leaves out what the server keeps for itself', async () => {
    const rig = createAdviceRig()
    for (const name of ['c', 'a', 'b']) await rig.gamut.publish(name, 1)
    await rig.ask('/channels/$presence/a')
    const first = await rig.advice('?limit=2')
    expect([first.channels.map(({ channel }) => channel), first.next]).toEqual([['a', 'b'], 'b'])
    const second = await rig.advice('?limit=2&after=b')
    expect([second.channels.map(({ channel }) => channel), second.next]).toEqual([['c'], undefined])
    expect(await rig.advice('?limit=0').catch(String)).toMatchObject({ error: { code: 'query_invalid' } })
  })

  it.each([
    ['200', 'of this machine while there is no key', {}, '127.0.0.1', {}],
    ['forbidden', 'from elsewhere', {}, '10.0.0.1', {}],
    [
      '200',
      'with the key',
      { operationsKey: 'correct-horse-battery' },
      '10.0.0.1',
      { authorization: 'Bearer correct-horse-battery' },
    ],
    ['unauthenticated', 'without it', { operationsKey: 'correct-horse-battery' }, '127.0.0.1', {}],
  ])('is answered %s %s', async (answer, _who, options, address, headers) => {
    const { gamut } = createAdviceRig(options)
    const reply = await gamut.handle(toHttpRequest('/advice', { address, headers }))
    if (reply.kind !== 'plain') throw new Error(reply.kind)
    expect(reply.status === 200 ? '200' : JSON.parse(reply.body).error.code).toBe(answer)
  })
})

describe('a channel that says need: "measured"', () => {
  const channels = { news: { need: 'measured' as const } }

  it('has polls and advice follow what is measured, and says for how long that holds (§15)', async () => {
    const rig = createAdviceRig({ channels })
    const info = () => rig.read('/channels/news?info')
    const unproven = await info()
    expect(unproven).toMatchObject({ pollAfterMs: 5000, advisedForMs: 5 * minute })
    expect(unproven).not.toHaveProperty('advised')
    expect(unproven).not.toHaveProperty('need')
    await rig.pass(30 * minute, 10 * second, async (index) => {
      if (index % 24 === 0) await rig.gamut.publish('news', index)
      await rig.poll('news', '10.0.0.1')
    })
    const followed = await info()
    expect(followed.advised[0]).toBe('poll')
    expect(followed.need).toMatchObject({ direction: 'to-client' })
    expect(followed.need.updatesPerSecond).toBeCloseTo(1 / 240, 2)
    expect(followed.need).not.toHaveProperty('readers')
    expect(followed.need.stalenessMs).toBeGreaterThan(15_000)
    expect(followed.pollAfterMs).toBeCloseTo(followed.need.stalenessMs, -3)
    expect(JSON.parse((await rig.poll('news', '10.0.0.1')).body).pollAfterMs).toBe(followed.pollAfterMs)
    expect(await rig.one('news')).toMatchObject({ declared: 'measured', advice: { pattern: 'poll' } })
  })

  it('is a WebSocket’s where clients answer each other', async () => {
    const rig = createAdviceRig({ channels })
    const sockets = await Promise.all([1, 2, 3].map((index) => rig.socket('news', `10.0.0.${index}`)))
    await rig.pass(8 * minute, 2 * second, async (index) => {
      sockets[index % 3]?.receive(JSON.stringify({ type: 'publish', channel: 'news', data: index }))
    })
    expect((await rig.read('/channels/news?info')).advised[0]).toBe('websocket')
  })

  it('is not moved to polls by a seldom message where the need is declared otherwise or not at all', async () => {
    const rig = createAdviceRig({ channels: { alarm: { need: { stalenessMs: 1000 } } } })
    for (const name of ['alarm', 'undeclared']) {
      await rig.stream(name, '10.0.0.1')
      await rig.pass(2 * 60 * minute, minute, (index) => {
        return index % 60 === 0 ? rig.gamut.publish(name, index) : rig.poll(name, '10.0.0.2')
      })
      expect(await rig.one(name)).toMatchObject({ advice: { isProven: true, pattern: 'sse' } })
    }
  })
})

describe('circumstances', () => {
  it('decide what can be advised at all', async () => {
    const options = { channels: { chat: { need: { direction: 'both' as const } } } }
    const { read } = createAdviceRig({ ...options, circumstances: { refusesWebSocket: true } })
    expect((await read('/channels/chat?info')).advised).toEqual(['sse', 'ndjson', 'long-poll', 'poll'])
    expect(() => createAdviceRig({ circumstances: { tabsPerUser: 0 } })).toThrow(
      'circumstances.tabsPerUser: a number from 1',
    )
  })
})

describe('a need', () => {
  it.each([
    [{ readers: -1 }, 'channels["a"].need.readers: a number from 0'],
    [{ freshness: 1 }, 'channels["a"].need.freshness: '],
    ['guessed', 'channels["a"].need: an object is needed'],
  ])('%j is refused at the start, with what is wrong', (need, text) => {
    expect(() => createAdviceRig({ channels: { a: { need: need as never } } })).toThrow(text)
  })
})

describe('what is said where another pattern fits', () => {
  it('of streams whose clients all send: that each does, and what a WebSocket takes', async () => {
    const rig = createAdviceRig({ channels: { game: { need: { stalenessMs: 1000 } } } })
    for (let index = 0; index < 8; index++) await rig.stream('game', `10.0.0.${index}`)
    await rig.pass(8 * minute, second, (index) =>
      rig.gamut.handle({
        ...toHttpRequest('/channels/game', {
          method: 'POST',
          address: `10.0.0.${index % 8}`,
          headers: { 'content-type': 'application/json' },
        }),
        body: async () => new TextEncoder().encode(String(index)),
      }),
    )
    const shown = await rig.one('game')
    expect([shown.used, shown.advice.pattern]).toEqual(['sse', 'websocket'])
    expect(textsOf(shown)).toEqual([
      expect.stringMatching(
        /^Each client sends 0\.13 messages a second; a WebSocket would fit better, and either takes next to nothing\.$/,
      ),
    ])
  })

  it('of a backend that publishes to streams: nothing', async () => {
    const rig = createAdviceRig()
    for (let index = 0; index < 8; index++) await rig.stream('feed', `10.0.0.${index}`)
    await rig.pass(8 * minute, second, (index) =>
      rig.gamut.handle({
        ...toHttpRequest('/channels/feed', {
          method: 'POST',
          address: '10.9.9.9',
          headers: { 'content-type': 'application/json' },
        }),
        body: async () => new TextEncoder().encode(String(index)),
      }),
    )
    const shown = await rig.one('feed')
    expect(shown.measured.sent).toMatchObject({ byWebSocket: 0, senders: 1 })
    expect(textsOf(shown)).toEqual(['Most readers use SSE, and that fits.'])
  })

  it('of streams on which hardly anything happens: how seldom, where that may be told late', async () => {
    const rig = createAdviceRig({ channels: { badge: { need: { stalenessMs: 60_000 } } } })
    for (let index = 0; index < 240; index++) await rig.stream('badge', `10.0.0.${index}`)
    await rig.pass(9 * minute, 3 * minute, (index) => rig.gamut.publish('badge', index))
    expect(textsOf(await rig.one('badge'))).toEqual([
      expect.stringMatching(/^Something changes every 3 min; polling would serve at .+ × the memory/),
    ])
  })

  it('counts how long readers stay as how long they read', async () => {
    const rig = createAdviceRig({ channels: { job: { need: { stalenessMs: 2000 } } }, maxAgeMs: 2 * minute })
    const come = () =>
      Promise.all(Array.from({ length: 12 }, (_, index) => rig.stream('job', `10.0.0.${index}`)))
    await rig.gamut.publish('job', 0)
    await rig.pass(10 * minute, minute, async (index) => {
      const streams = await come()
      await rig.clock.advance(5 * second)
      for (const stream of streams) stream.closed()
      await rig.gamut.publish('job', index)
    })
    const shown = await rig.one('job')
    expect(shown.measured.lifetimeMs).toBeCloseTo(5000, -2)
    expect(shown.advice.need['readingMs']).toBe(shown.measured.lifetimeMs)
    expect(shown.advice.pattern).toBe('poll')
    // Whoever is replaced stays.
    await come()
    await rig.clock.advance(20 * minute)
    expect((await rig.one('job')).measured.lifetimeMs).toBeGreaterThan(10_000)
  })
})
