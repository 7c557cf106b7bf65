import { createVirtualClock } from '@gamut/testing'
import { describe, expect, it } from 'vitest'
import type { GamutOptions } from '../../src/index.js'
import { Peer } from '../node/frame-peer.js'
import { start } from '../node/rig.js'
import { codeOf, createRig } from '../rig.js'

const calm = { delayMs: 2, memoryPercent: 30 }
const busy = { delayMs: 400, memoryPercent: 30 }
const severe = { delayMs: 1500, memoryPercent: 30 }
const full = { delayMs: 2, memoryPercent: 95 }

function createLoaded(options: GamutOptions = {}) {
  const rig = createRig({ clock: createVirtualClock(), ...options })
  const load = (measured: typeof calm, seconds: number) => {
    for (let n = 0; n < seconds; n++) rig.gamut.noteLoad(measured)
  }
  const isTaken = async (target: string, init?: RequestInit) => {
    const response = await rig.ask(target, init)
    await response.body?.cancel()
    return response.ok
  }
  return { ...rig, load, isTaken }
}

describe('overload (§10)', () => {
  it('is no busy second, nor four, nor every other one', async () => {
    const { isTaken, load } = createLoaded()
    load(busy, 4)
    load(calm, 1)
    for (let n = 0; n < 20; n++) {
      load(severe, 1)
      load(calm, 1)
    }
    expect(await isTaken('/channels/a?as=ndjson')).toBe(true)
  })

  it.each([
    ['a late event loop', busy, 'event loop'],
    ['a lack of memory', full, 'memory'],
  ])(
    'by %s that lasts sends away new held reads and publishes, and nothing else',
    async (_name, measured, reason) => {
      const { ask, gamut, isTaken, load, post } = createLoaded()
      const held = await ask('/channels/a?as=ndjson')
      load(measured, 5)
      const stream = await ask('/channels/a?as=ndjson')
      expect(stream.status).toBe(503)
      expect(Number(stream.headers.get('retry-after'))).toBeGreaterThan(0)
      expect(await codeOf(stream)).toBe('overloaded')
      expect((await ask('/channels/a?as=long-poll')).status).toBe(503)
      const events = await ask('/channels/a?as=sse')
      expect(events.status).toBe(200)
      expect(await events.text()).toMatch(/^retry: \d+\nevent: \$reconnect\n/)
      const publish = await post('/channels/a', '1')
      expect(await codeOf(publish)).toBe('overloaded')
      expect(await isTaken('/channels/a?as=poll')).toBe(true)
      expect(await isTaken('/healthz')).toBe(true)
      const ready = await ask('/readyz')
      expect(ready.status).toBe(503)
      expect(await ready.json()).toEqual({ status: 'overloaded', reason })
      expect(gamut.connections).toBe(1)
      expect((await gamut.publish('a', 'by the application')).offset).toBe(1)
      await held.body?.cancel()
    },
  )

  it('that is severe sends polls away too, and health goes on', async () => {
    const { ask, isTaken, load } = createLoaded()
    load(severe, 5)
    const poll = await ask('/channels/a?as=poll')
    expect(poll.status).toBe(503)
    expect(poll.headers.get('cache-control')).toBe('no-store')
    expect(await isTaken('/healthz')).toBe(true)
  })

  it('is over when it has been well below its mark for as long', async () => {
    const { ask, isTaken, load } = createLoaded()
    load(busy, 5)
    load({ delayMs: 200, memoryPercent: 30 }, 60)
    expect(await isTaken('/channels/a?as=ndjson')).toBe(false)
    load(calm, 4)
    load(busy, 1)
    load(calm, 4)
    expect(await isTaken('/channels/a?as=ndjson')).toBe(false)
    load(calm, 1)
    expect(await isTaken('/channels/a?as=ndjson')).toBe(true)
    expect((await ask('/readyz')).status).toBe(200)
  })

  it('refuses a publish over a WebSocket by an error, and keeps the connection', async () => {
    const { gamut, served } = await start()
    const peer = new Peer(`${served.url.replace('http', 'ws')}/connect`)
    await peer.find(({ type }) => type === 'welcome')
    for (let n = 0; n < 5; n++) gamut.noteLoad(busy)
    peer.send({ type: 'publish', ref: 1, channel: 'a', data: 1 }, { type: 'ping', ref: 2 })
    expect(await peer.answer(1)).toMatchObject({
      type: 'error',
      code: 'overloaded',
      retryAfterMs: expect.any(Number),
    })
    expect(await peer.answer(2)).toMatchObject({ type: 'ok' })
  })
})

describe('readers that come faster than the accept rate (§10)', () => {
  it('are taken up to the burst, then so many a second; polls are not counted', async () => {
    const clock = createVirtualClock()
    const { isTaken } = createLoaded({ clock, acceptRate: 10, acceptBurst: 3 })
    for (let n = 0; n < 3; n++) expect(await isTaken('/channels/a?as=ndjson')).toBe(true)
    expect(await isTaken('/channels/a?as=ndjson')).toBe(false)
    for (let n = 0; n < 20; n++) expect(await isTaken('/channels/a?as=poll')).toBe(true)
    for (let n = 0; n < 20; n++) expect(await isTaken('/channels/a?wait=0')).toBe(true)
    await clock.advance(100)
    expect(await isTaken('/channels/a?as=ndjson')).toBe(true)
    expect(await isTaken('/channels/a?as=ndjson')).toBe(false)
  })
})
