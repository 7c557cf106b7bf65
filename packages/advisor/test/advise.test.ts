import {
  type Advice,
  AdviceError,
  advise,
  type Circumstances,
  compare,
  formatRate,
  type Need,
  nodeCalibration,
  type Option,
  type Pattern,
  verdictOf,
} from '@gamut/advisor'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const wrong = (need: unknown, circumstances?: unknown) => {
  try {
    advise(need as object, circumstances as object)
  } catch (error) {
    if (error instanceof AdviceError) return { field: error.field, text: error.message }
    throw error
  }
  throw new Error('it was answered')
}

describe('an answer', () => {
  it('names what was taken for what was not said', () => {
    const { assumed, need } = advise({ updatesPerSecond: 0.05 })
    const staleness = assumed.find(({ field }) => field === 'need.stalenessMs')
    expect(staleness).toMatchObject({ value: 2000 })
    expect(staleness?.text).toMatch(/tenth of the time between two updates/)
    expect(need.stalenessMs).toBe(2000)
    expect(assumed.map(({ field }) => field)).not.toContain('need.updatesPerSecond')
  })

  it('says why each other pattern is not taken', () => {
    const { reasons, pattern } = advise({ stalenessMs: 500 })
    const others = ['request', 'poll', 'long-poll', 'websocket']
    expect(pattern).toBe('sse')
    for (const other of others) expect(reasons.filter((reason) => reason.pattern === other)).toHaveLength(1)
  })

  it('stands for a change of answer in the circumstances', () => {
    expect(advise({ stalenessMs: 500, updatesPerSecond: 0.01 }, { proxyBuffers: true }).pattern).toBe(
      'long-poll',
    )
    expect(advise({ stalenessMs: 500 }, { http: 1.1, tabsPerUser: 8 }).pattern).toBe('websocket')
    const serverless = advise({ stalenessMs: 8000, readers: 10 }, { platform: 'serverless' })
    expect(serverless.pattern).toBe('poll')
  })

  it('meets a need that nothing meets as nearly as it can, and says so', () => {
    const { meets, warnings, pattern } = advise({ stalenessMs: 5 })
    expect(meets).toBe(false)
    expect(pattern).toBe('sse')
    expect(warnings[0]).toMatchObject({ code: 'unmet' })
  })

  it('reaches the origin with as many polls as a shared cache lets through', () => {
    const need = { stalenessMs: 20_000, readers: 100_000 }
    const poll = advise(need, { sharedCache: 'cdn', userRegions: 3 }).patterns[1]
    expect(poll?.originRequestsPerSecond).toBeCloseTo(3000 / (poll?.settings.pollAfterMs ?? 0), 6)
    expect(poll?.stalenessMs.p99).toBeLessThanOrEqual(20_000)
  })

  // By hand: 500 polls a second, each 10 ms of a connection to the server; of a cache one in ten seconds is left.
  it('counts as its own proxy’s only what readers ask of it', () => {
    const need = { updatesPerSecond: 0.1, stalenessMs: 20_050, readers: 10_000, readingMs: 1e7 }
    const pollWith = (sharedCache: 'none' | 'cdn' | 'proxy') =>
      compare(need, { sharedCache }).options[1] as Option
    const [without, cdn, own] = [pollWith('none'), pollWith('cdn'), pollWith('proxy')]
    expect(own.originRequestsPerSecond).toBeCloseTo(0.1, 9)
    expect(cdn.originRequestsPerSecond).toBeCloseTo(0.1, 9)
    expect(without.descriptors).toEqual({ server: 6, proxy: 10_006 })
    expect(own.descriptors).toEqual({ server: 1, proxy: 10_001 })
    expect(cdn.descriptors).toEqual({ server: 1, proxy: 2 })
    expect(own.memoryBytes.proxy).toBe(10_000 * nodeCalibration.proxy.idleBytes)
    expect(cdn.memoryBytes.proxy).toBeLessThan(nodeCalibration.proxy.idleBytes)
    expect(own.cores.proxy).toBeGreaterThan(without.cores.proxy)
    expect(cdn.cores.proxy).toBeLessThan(own.cores.proxy / 1000)
    for (const { bytesPerSecond, serverBytesPerSecond } of [cdn, own])
      expect(serverBytesPerSecond.down).toBeLessThan(bytesPerSecond.down / 1000)
    expect(without.serverBytesPerSecond.down).toBe(without.bytesPerSecond.down)
    // Somebody pays for what a CDN carries: it is weighed like a proxy.
    expect(cdn.nodes).toBeCloseTo(own.nodes, 6)
  })

  it('holds streams through a CDN as without one', () => {
    const streamWith = (sharedCache: 'none' | 'cdn') => compare({}, { sharedCache }).options[3] as Option
    expect(streamWith('cdn').descriptors).toEqual({ server: 1000, proxy: 2000 })
    expect(streamWith('cdn').cores).toEqual(streamWith('none').cores)
  })

  it('follows another calibration', () => {
    const dear = { user: 10_000, kernel: 0 }
    const work = { ...nodeCalibration.work, delivery: { sse: dear, websocket: dear } }
    const need = { updatesPerSecond: 1, stalenessMs: 5000, readers: 10_000 }
    expect(advise(need).pattern).toBe('sse')
    expect(advise(need, {}, { ...nodeCalibration, work }).pattern).toBe('poll')
  })
})

describe('figures', () => {
  const need: Need = { updatesPerSecond: 2, stalenessMs: 10_050, readers: 1000, readingMs: 600_000 }
  const figuresOf = (pattern: Pattern, change: Need = {}) => {
    const found = compare({ ...need, ...change }).options.find((option) => option.pattern === pattern)
    if (!found) throw new Error(`there is no ${pattern}`)
    return found
  }

  // A page in ten minutes: so many a second are the first read of their page, and get the newest message.
  const firsts = 1000 / 600

  it('are those of readers that ask every ten seconds', () => {
    const poll = figuresOf('poll')
    expect(poll.settings.pollAfterMs).toBe(10_000)
    // Half of a poll more than as many as fit in, on the mean.
    const repeats = firsts * 59.5
    expect(poll.requestsPerSecond).toBeCloseTo(firsts + repeats, 5)
    expect(poll.messagesPerSecond).toBeCloseTo(firsts + repeats * 20, 5)
    expect(poll.stalenessMs).toEqual({ expected: 5050, p99: 10_050 })
    expect(figuresOf('poll', { loss: 'may-miss' }).messagesPerSecond).toBeCloseTo(firsts + repeats, 5)
    const seldom = figuresOf('poll', { updatesPerSecond: 0.01 })
    expect(seldom.wastedRequestsPerSecond).toBeCloseTo(repeats * Math.exp(-0.1), 6)
  })

  it('are those of a question that is answered after half a second and asked again after a round trip', () => {
    const { requestsPerSecond, messagesPerSecond, connections } = figuresOf('long-poll')
    expect(requestsPerSecond).toBeCloseTo(firsts + 1000 / 0.55, 3)
    expect({ messagesPerSecond, connections }).toEqual({
      messagesPerSecond: firsts + 2000,
      connections: 1000,
    })
  })

  it.each(['sse', 'websocket'] as const)(
    'are those of a thousand connections that get two a second: %s',
    (pattern) => {
      const { requestsPerSecond, messagesPerSecond, connections, descriptors, bytesPerSecond } =
        figuresOf(pattern)
      expect({ messagesPerSecond, connections }).toEqual({
        messagesPerSecond: firsts + 2000,
        connections: 1000,
      })
      expect(requestsPerSecond).toBeCloseTo(firsts, 6)
      expect(descriptors).toEqual({ server: 1000, proxy: 2000 })
      const delivered = 2000 * (200 + nodeCalibration.bytes.around[pattern])
      expect(bytesPerSecond.down).toBeGreaterThan(delivered)
      expect(bytesPerSecond.down).toBeLessThan(delivered * 1.02)
    },
  )
})

describe('what an answer says', () => {
  const reasonOf = (advice: Advice, pattern: Pattern) =>
    advice.reasons.filter((reason) => reason.pattern === pattern).map(({ text }) => text)

  it.each<[headline: RegExp, need: Need]>([
    [/^SSE is the simplest that meets the need: \S+ ms old at most where 1 s is tolerated\.$/, {}],
    [/^Polling is the simplest/, { stalenessMs: 30_000 }],
    [
      /^A WebSocket meets the need and carries both ways: each client sends 6 messages a minute\.$/,
      { direction: 'both' },
    ],
    [/^SSE comes nearest, and nothing meets the need/, { stalenessMs: 5 }],
    [
      /^Polling meets the need, and SSE, which is less trouble, would cost \S+ × as much\.$/,
      { stalenessMs: 7400, readers: 3228, updatesPerSecond: 30 },
    ],
    [/^A plain request will do: clients only send/, { direction: 'to-server' }],
    [
      /^A WebSocket will do: each client sends 10 messages a second, and a request for each would be too much\.$/,
      { direction: 'to-server', clientMessagesPerSecond: 10 },
    ],
  ])('in one sentence: %s', (headline, need) => expect(advise(need).headline).toMatch(headline))

  it('speaks of nothing that is read where clients only send', () => {
    const { reasons, assumed, breakEven } = advise({ direction: 'to-server', clientMessagesPerSecond: 1 })
    expect(reasons[0]?.code).toBe('sends')
    expect(reasons.map(({ code }) => code)).not.toContain('talks')
    const fields = assumed.map(({ field }) => field)
    expect(fields).not.toContain('need.stalenessMs')
    expect(fields).not.toContain('need.updatesPerSecond')
    expect(breakEven.map(({ field }) => field)).not.toContain('stalenessMs')
  })

  it('says that what sends needs requests beside a stream', () => {
    expect(reasonOf(advise({ direction: 'both' }), 'sse')).toEqual([
      expect.stringMatching(/^Not SSE: .* needs requests beside it for what clients send\.$/),
    ])
  })

  it('does not say of what costs less that it would have to cost less', () => {
    const few = advise({ direction: 'both', updatesPerSecond: 0.0083, stalenessMs: 11_000, readers: 62 })
    expect(reasonOf(few, 'websocket')).toEqual([expect.stringMatching(/next to nothing already\.$/)])
  })

  it('says of nothing that it is more to run than what asks so often that it is more trouble', () => {
    const advice = advise({ stalenessMs: 7400, readers: 3228, updatesPerSecond: 30 })
    expect(advice.headline).toMatch(/^Polling meets the need, and SSE, which is less trouble, would cost/)
    expect(reasonOf(advice, 'sse')).toEqual([
      expect.stringMatching(/being simpler is worth \S+ × at most\.$/),
    ])
    expect(advice.reasons.map(({ code }) => code)).not.toContain('simplest')
  })

  it('does not say of a request that what is seldom is never late', () => {
    const report = advise({ updatesPerSecond: 1 / 86_400, stalenessMs: 120_000 })
    expect(report.headline).toMatch(/^A plain request will do: so little changes/)
    expect(report.warnings).toEqual([
      { code: 'seldom', text: expect.stringMatching(/^There is 1 update a day, .* take polling\.$/) },
    ])
    expect(advise({ updatesPerSecond: 0, stalenessMs: 2000 }).warnings).toEqual([])
    expect(advise({ updatesPerSecond: 1e-5, stalenessMs: 3_600_000 }).warnings).toEqual([])
  })

  it.each<[code: string, need: Need, circumstances?: Circumstances]>([
    ['cached-polls', { updatesPerSecond: 0.02, stalenessMs: 5000, readers: 1e6 }, { sharedCache: 'cdn' }],
    ['large-log', { updatesPerSecond: 1000, messageBytes: 5000 }],
    ['sent-by-all', { clientMessagesPerSecond: 0.1 }],
  ])('warns: %s', (code, need, circumstances) => {
    const codes = (one: Need) => advise(one, circumstances).warnings.map((warning) => warning.code)
    expect(codes(need)).toContain(code)
    expect(codes({ ...need, updatesPerSecond: 100, readers: 500 })).not.toContain(code)
  })

  it('has the newest kept, and no log of what may be missed', () => {
    const need: Need = { updatesPerSecond: 1000, messageBytes: 5000, loss: 'may-miss' }
    for (const { settings } of advise(need).patterns) {
      expect(settings.conflate).toBe(true)
      expect(settings.retention).toEqual({ count: 1, ageMs: 86_400_000 })
    }
    expect(advise(need).warnings.map(({ code }) => code)).not.toContain('large-log')
    const [, , , sse] = advise({ ...need, loss: 'must-not' }).patterns
    expect(sse?.settings.retention).toEqual({ count: 300_000, ageMs: 300_000 })
  })

  it('does not speak of less than a hundredth of the readers that there are', () => {
    const readersOf = (readers: number) =>
      advise({ updatesPerSecond: 10, stalenessMs: 6000, readers })
        .breakEven.filter(({ field }) => field === 'readers')
        .map(({ value }) => value)
    const [border = 0] = readersOf(100)
    expect(border).toBeGreaterThan(10)
    expect(readersOf(border * 100)).toEqual([border])
    expect(readersOf(border * 101)).toEqual([])
  })

  it('is short about each pattern', () => {
    const advice = advise({ stalenessMs: 1000 }, { refusesWebSocket: true })
    const verdicts = advice.patterns.map((option) => verdictOf(option, advice))
    expect(verdicts).toEqual(['too old', 'too old', expect.stringMatching(/ × cost$/), 'taken', 'impossible'])
  })

  it.each([
    [5, '5 messages a second'],
    [1 / 60, '1 message a minute'],
    [0.01, '36 messages an hour'],
    [2 / 86_400, '2 messages a day'],
    [0, '0 messages a second'],
  ])('says how often %d in a second is', (rate, text) => expect(formatRate(rate, 'message')).toBe(text))

  it('compares without sentences as it answers', () => {
    const { chosen, options } = compare({ stalenessMs: 500 })
    const { pattern, patterns } = advise({ stalenessMs: 500 })
    expect({ pattern: chosen.pattern, patterns: options }).toEqual({ pattern, patterns })
  })
})

describe('what is wrong', () => {
  it.each([
    [{ readers: -1 }, 'need.readers'],
    [{ readers: 1.5 }, 'need.readers'],
    [{ readers: '5' }, 'need.readers'],
    [{ stalenessMs: Number.NaN }, 'need.stalenessMs'],
    [{ updatesPerSecond: Number.POSITIVE_INFINITY }, 'need.updatesPerSecond'],
    [{ direction: 'sideways' }, 'need.direction'],
    [{ loss: null }, 'need.loss'],
    [{ staleness: 5 }, 'need.staleness'],
    [[], 'need'],
    ['x', 'need'],
    [null, 'need'],
  ])('names the field: %j', (need, field) => {
    expect(wrong(need).field).toBe(field)
  })

  it.each([
    [{ http: 1 }, 'circumstances.http'],
    [{ tls: 'yes' }, 'circumstances.tls'],
    [{ sharedCache: true }, 'circumstances.sharedCache'],
    [{ sharedCache: 'proxy', proxied: false }, 'circumstances.sharedCache'],
    [{ platform: 'mainframe' }, 'circumstances.platform'],
    [{ __proto__: null, constructor: 1 }, 'circumstances.constructor'],
    [JSON.parse('{"__proto__": {"tls": true}}'), 'circumstances.__proto__'],
  ])('names it in the circumstances: %j', (circumstances, field) => {
    expect(wrong({}, circumstances).field).toBe(field)
  })

  it('says what is near', () => {
    expect(wrong({ staleness: 5 }).text).toMatch(/did you mean stalenessMs\?/)
    expect(wrong({ direction: 'sideways' }).text).toMatch(/to-client, to-server, both/)
  })

  it('says where a circumstance stands', () => {
    const told = { field: 'need.http', text: 'need.http: this stands in circumstances: circumstances.http.' }
    expect(wrong({ http: 2 })).toEqual(told)
  })

  it('is never anything else than an answer or an error with a field', () => {
    fc.assert(
      fc.property(fc.anything(), fc.anything(), (need, circumstances) => {
        try {
          expect(advise(need as object, circumstances as object).patterns).toHaveLength(5)
        } catch (error) {
          expect(error).toBeInstanceOf(AdviceError)
        }
      }),
    )
  })
})
