import { createVirtualClock } from '@gamut/testing'
import { describe, expect, it } from 'vitest'
import type { GamutOptions } from '../../src/index.js'
import { createRig, readUntil } from '../rig.js'

/** A source whose value and failures a test sets, and which counts its runs. */
function createSource(everyMs = 1000) {
  const state = { value: 0 as unknown, runs: 0, fails: false }
  const load = () => {
    state.runs++
    if (state.fails) throw new Error('the database is away')
    return state.value
  }
  return { state, source: { load, everyMs } }
}

function setUp(everyMs?: number, options: GamutOptions = {}) {
  const clock = createVirtualClock()
  const { state, source } = createSource(everyMs)
  const rig = createRig({ clock, channels: { report: { source } }, ...options })
  return { ...rig, clock, state }
}

describe('computed channels (§2)', () => {
  it('run only while somebody reads, once for all readers', async () => {
    const { ask, clock, state } = setUp()
    await clock.advance(10_000)
    expect(state.runs).toBe(0)
    const readers = await Promise.all(['sse', 'ndjson', 'sse'].map((as) => ask(`/channels/report?as=${as}`)))
    await clock.advance(5000)
    expect(state.runs).toBe(6)
    await Promise.all(readers.map((reader) => reader.body?.cancel()))
    await clock.advance(1000)
    const { runs } = state
    await clock.advance(60_000)
    expect(state.runs).toBe(runs)
  })

  it('append only what changed', async () => {
    const { ask, clock, state } = setUp()
    const stream = await ask('/channels/report?as=ndjson')
    await clock.advance(3000)
    state.value = { total: 2 }
    await clock.advance(3000)
    const text = await readUntil(stream, (seen) => seen.includes('total'))
    expect(text.match(/"data":0/g)).toHaveLength(1)
    expect(text.match(/"total":2/g)).toHaveLength(1)
  })

  it('give a first poll their first value, and count polls as reading for a while', async () => {
    const { read, clock, state } = setUp(1000)
    state.value = 'first'
    expect((await read('/channels/report')).messages).toMatchObject([{ data: 'first' }])
    // Three times the period after the last poll they are still computed, then no more.
    await clock.advance(2500)
    expect(state.runs).toBeGreaterThanOrEqual(3)
    await clock.advance(60_000)
    const { runs } = state
    await clock.advance(60_000)
    expect(state.runs).toBe(runs)
  })

  it('answer a first poll after five seconds without a value', async () => {
    const { ask, clock } = setUp(1000, {
      channels: { report: { source: { load: () => new Promise(() => {}), everyMs: 1000 } } },
    })
    const asking = ask('/channels/report')
    await clock.advance(5000)
    expect(await (await asking).json()).toMatchObject({ messages: [] })
  })

  it('tell readers of a failure, keep the old value, and try again', async () => {
    const { ask, read, clock, state } = setUp()
    state.value = 'old'
    const sse = await ask('/channels/report?as=sse')
    const ndjson = await ask('/channels/report?as=ndjson')
    await clock.advance(100)
    state.fails = true
    await clock.advance(2000)
    const answer = await read('/channels/report')
    expect(answer).toMatchObject({
      messages: [{ data: 'old' }],
      error: { code: 'source_failed', retryAfterMs: expect.any(Number) },
    })
    expect(JSON.stringify(answer)).not.toContain('database')
    state.fails = false
    state.value = 'new'
    await clock.advance(10_000)
    const recovered = await read('/channels/report')
    expect(recovered.messages).toMatchObject([{ data: 'new' }])
    expect(recovered.error).toBeUndefined()
    expect(await readUntil(sse, (text) => text.includes('new'))).toMatch(
      /event: \$error\ndata: \{"channel":"report","code":"source_failed"/,
    )
    expect(await readUntil(ndjson, (text) => text.includes('new'))).toContain(
      '{"type":"error","channel":"report","code":"source_failed"',
    )
  })

  it('begin without the error of an earlier run', async () => {
    const { ask, clock, state } = setUp()
    state.fails = true
    const first = await ask('/channels/report?as=sse')
    await clock.advance(1500)
    await first.body?.cancel()
    await clock.advance(20_000)
    state.fails = false
    const second = await ask('/channels/report?as=sse')
    const text = await readUntil(second, (seen) => seen.includes('data: 0'))
    expect(text).not.toContain('$error')
  })

  it('do not answer "not modified" while they fail', async () => {
    const { ask, clock, state } = setUp()
    const tag = (await ask('/channels/report')).headers.get('etag') ?? ''
    expect((await ask('/channels/report', { headers: { 'if-none-match': tag } })).status).toBe(304)
    state.fails = true
    await clock.advance(1500)
    const failing = await ask('/channels/report', { headers: { 'if-none-match': tag } })
    expect([failing.status, failing.headers.get('cache-control')]).toEqual([200, 'no-store'])
  })

  it('refuse what JSON cannot hold, and who publishes to them', async () => {
    const { post, read, state } = setUp()
    state.value = undefined
    expect((await read('/channels/report')).error.code).toBe('source_failed')
    expect((await post('/channels/report', '1')).status).toBe(403)
  })

  it('know the channel and what its pattern names', async () => {
    const seen: unknown[] = []
    const load = (context: unknown) => seen.push(context)
    const { read } = createRig({ channels: { 'user/:id/:view': { source: { load, everyMs: 1000 } } } })
    await read('/channels/user/7/totals')
    expect(seen).toEqual([{ channel: 'user/7/totals', params: { __proto__: null, id: '7', view: 'totals' } }])
  })
})
