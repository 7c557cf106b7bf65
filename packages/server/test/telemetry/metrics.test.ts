import { createVirtualClock } from '@gamut/testing'
import { describe, expect, it } from 'vitest'
import {
  BrokerUnavailable,
  type createGamut,
  createMemoryBroker,
  GamutError,
  type GamutOptions,
  metricDefinitions,
} from '../../src/index.js'
import { createRig, readUntil } from '../rig.js'
import { toHttpRequest } from '../to-http-request.js'
import { KeptScrape } from './scrape.js'

function setUp(options: GamutOptions = {}) {
  const metrics = new KeptScrape()
  const rig = createRig({ metrics, ...options })
  const count = (
    name: keyof typeof metricDefinitions,
    labels?: Readonly<Record<string, string>>,
  ): Promise<number> => metrics.count(rig.gamut, name, labels)
  return { ...rig, metrics, count }
}

/** A reader whose runtime has room or not, as the test says. */
async function openStream(gamut: ReturnType<typeof createGamut>, target: string) {
  const reply = await gamut.handle(toHttpRequest(target))
  if (reply.kind !== 'stream') throw new Error(`no stream: ${JSON.stringify(reply)}`)
  const room = { isFull: false }
  // Like a socket, which closes when it was ended.
  const end = () => queueMicrotask(() => owner.closed())
  const owner = reply.start({ write: () => !room.isFull, end, abort: () => {} })
  return { room, owner }
}

const turns = async (count = 6) => {
  for (let n = 0; n < count; n++) await new Promise((resolve) => setImmediate(resolve))
}

describe('metrics of requests', () => {
  it('count reads by transport and status, a 304 too, and everything else by what it is (§14)', async () => {
    const { ask, post, count } = setUp()
    await post('/channels/a', '1')
    const etag = (await ask('/channels/a')).headers.get('etag') ?? ''
    await ask('/channels/a', { headers: { 'if-none-match': etag } })
    await ask('/channels/a?limit=x')
    await ask('/channels/a?info')
    await ask('/channels/a?cursor=oldest&wait=1')
    await readUntil(await ask('/channels/a?as=sse'), (text) => text.includes('$open'))
    await ask('/connect')
    await ask('/nowhere')
    await ask('/healthz')
    await ask('/publish', { method: 'GET' })
    await ask('/channels/a', { method: 'PUT' })
    await post('/tickets', '{"channels":["a"]}')
    const requests = (route: string, transport: string, status: string) =>
      count('gamut_requests_total', { route, transport, status })
    expect({
      publishes: await requests('publish', '', '201'),
      polls: await requests('read', 'poll', '200'),
      unchanged: await requests('read', 'poll', '304'),
      wrong: await requests('read', 'poll', '400'),
      infos: await requests('info', '', '200'),
      longPolls: await requests('read', 'long-poll', '200'),
      streams: await requests('read', 'sse', '200'),
      noHandshakes: await requests('read', '', '426'),
      nowhere: await requests('other', '', '404'),
      health: await requests('health', '', '200'),
      wrongMethod: await requests('publish', '', '405'),
      wrongMethodOfReaders: await requests('read', '', '405'),
      tickets: await requests('ticket', '', '401'),
      all: await count('gamut_requests_total'),
    }).toEqual({
      publishes: 1,
      polls: 1,
      unchanged: 1,
      wrong: 1,
      infos: 1,
      longPolls: 1,
      streams: 1,
      noHandshakes: 1,
      nowhere: 1,
      health: 1,
      wrongMethod: 1,
      wrongMethodOfReaders: 1,
      tickets: 1,
      all: 13,
    })
  })

  it('time hooks and the broker, and count what they fail in (§14)', async () => {
    const memory = createMemoryBroker()
    let isAway = false
    const broker = {
      ...memory,
      start: memory.start.bind(memory),
      append: async (...args: Parameters<typeof memory.append>) => {
        if (isAway) throw new BrokerUnavailable()
        return memory.append(...args)
      },
      read: memory.read.bind(memory),
      heads: memory.heads.bind(memory),
      watch: memory.watch.bind(memory),
      unwatch: memory.unwatch.bind(memory),
      close: memory.close.bind(memory),
    }
    const { post, count } = setUp({
      broker,
      authorize: (_identity, _action, channel) => {
        if (channel === 'broken') throw new Error('a fault')
        if (channel === 'busy') throw new GamutError('rate_limited', 'Later.', 1000)
        return true
      },
    })
    await post('/channels/a', '1')
    isAway = true
    await post('/channels/a', '2')
    await post('/channels/broken', '3')
    await post('/channels/busy', '4')
    // Of the appends one is the node's own, which tells others that it lives.
    expect([
      await count('gamut_broker_seconds', { operation: 'append' }),
      await count('gamut_broker_errors_total', { operation: 'append' }),
      await count('gamut_hook_seconds', { hook: 'authorize' }),
      await count('gamut_hook_errors_total'),
      await count('gamut_refusals_total', { code: 'rate_limited' }),
      await count('gamut_refusals_total', { code: 'broker_unavailable' }),
    ]).toEqual([3, 1, 4, 1, 1, 1])
  })
})

describe('metrics of readers', () => {
  it('tell who keeps up, who is full, and what is held back for them (§9, §14)', async () => {
    const { gamut, count } = setUp()
    const states = async () => [
      await count('gamut_connections', { state: 'live' }),
      await count('gamut_connections', { state: 'behind' }),
      await count('gamut_connections', { state: 'full' }),
    ]
    const [first, second] = [
      await openStream(gamut, '/channels/a?as=ndjson'),
      await openStream(gamut, '/channels/a?as=ndjson'),
    ]
    await turns()
    expect(await states()).toEqual([2, 0, 0])
    expect(await count('gamut_subscriptions')).toBe(2)
    second.room.isFull = true
    for (let n = 0; n < 3; n++) {
      await gamut.publish('a', n)
      await turns()
    }
    expect(await states()).toEqual([1, 0, 1])
    expect(await count('gamut_blocked_total', { transport: 'ndjson' })).toBe(1)
    second.room.isFull = false
    second.owner.drained()
    await turns()
    expect(await states()).toEqual([2, 0, 0])
    first.owner.closed()
    second.owner.closed()
    expect(await states()).toEqual([0, 0, 0])
    expect(await count('gamut_subscriptions')).toBe(0)
    expect(await count('gamut_connections_closed_total', { reason: 'gone' })).toBe(2)
  })

  it('tell why connections end (§9, §10, §14)', async () => {
    const clock = createVirtualClock()
    const { gamut, count } = setUp({ clock, heartbeatMs: 1000, maxAgeMs: 60_000 })
    const { room } = await openStream(gamut, '/channels/a?as=ndjson')
    await turns()
    room.isFull = true
    await gamut.publish('a', 1)
    await turns()
    await clock.advance(5000)
    const rotated = await openStream(gamut, '/channels/a?as=ndjson')
    await clock.advance(70_000)
    const ended = await openStream(gamut, '/channels/ends?as=ndjson')
    await gamut.close('ends')
    await turns()
    // Whoever was ended counts until the rest is taken.
    for (const { owner } of [rotated, ended]) owner.closed()
    const reasons = async (reason: string) =>
      count('gamut_connections_closed_total', { transport: 'ndjson', reason })
    expect([await reasons('slow'), await reasons('rotated'), await reasons('ended')]).toEqual([1, 1, 1])
    expect(await count('gamut_connections_opened_total', { transport: 'ndjson' })).toBe(3)
  })

  it('count what was repeated, conflated and lost (§3, §5, §9)', async () => {
    const { gamut, ask, post, count } = setUp({
      channels: { few: { retention: { count: 1 } }, paced: { keyed: true } },
    })
    for (let n = 0; n < 2; n++)
      await post('/channels/a', '1', { 'content-type': 'text/plain', 'idempotency-key': 'k' })
    await gamut.publish('few', 1)
    const { cursor } = await (await ask('/channels/few')).json()
    for (let n = 0; n < 3; n++) await gamut.publish('few', n)
    await ask(`/channels/few?cursor=${cursor}`)
    const { owner } = await openStream(gamut, '/channels/paced?as=ndjson&maxRate=1000')
    await turns()
    for (let n = 0; n < 4; n++) await gamut.publish('paced', n, { key: 'k' })
    await expect.poll(() => count('gamut_skipped_total')).toBeGreaterThan(0)
    owner.closed()
    expect([
      await count('gamut_replayed_total'),
      await count('gamut_gaps_total', { reason: 'expired' }),
      await count('gamut_openings_total', { outcome: 'gap' }),
    ]).toEqual([1, 1, 1])
  })
})

describe('every metric', () => {
  it('has a name by Prometheus’ conventions, a help text, and a value from the start where it has no label (§14)', async () => {
    const { gamut, metrics } = setUp()
    await gamut.scrape()
    for (const [name, { kind, help, labels }] of Object.entries(metricDefinitions)) {
      expect(name).toMatch(/^gamut(?:_[a-z]+)+$/)
      expect(name.endsWith('_total'), name).toBe(kind === 'counter')
      if (kind === 'histogram') expect(name).toMatch(/_seconds$/)
      expect(help).toMatch(/^.+\.$/)
      const isWithoutLabel = kind !== 'histogram' && labels.length === 0
      if (isWithoutLabel) expect(metrics.samples.map((sample) => sample.name)).toContain(name)
    }
  })
})
