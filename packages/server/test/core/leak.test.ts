import { createVirtualClock } from '@gamut/testing'
import { describe, expect, it } from 'vitest'
import { createRig } from '../rig.js'
import { createTenureRig } from '../tenure/rig.js'

const transports = ['sse', 'ndjson', 'long-poll&wait=60'] as const

describe('ten thousand readers that come and go (I19)', () => {
  it('leave no connection, channel, window or timer behind', async () => {
    const clock = createVirtualClock()
    const { ask, gamut, read } = createRig({ clock, maxConnections: 20_000 })
    const idle = clock.pendingTimers
    for (let round = 0; round < 10; round++) {
      const gone = new AbortController()
      const opening = Array.from({ length: 1000 }, (_, n) =>
        ask(`/channels/c${n % 50}?as=${transports[n % 3]}&cursor=newest`, { signal: gone.signal }),
      )
      await expect.poll(() => gamut.connections).toBe(1000)
      gone.abort()
      const streams = await Promise.all(opening.map((one) => one.catch(() => undefined)))
      await Promise.all(streams.map((stream) => stream?.body?.cancel()))
      await expect.poll(() => gamut.connections).toBe(0)
    }
    // A window stays for a while after its last reader, and is then let go of.
    await clock.advance(31_000)
    expect(clock.pendingTimers).toBe(idle)
    expect((await read('/channels/c1')).outcome).toBe('live')
    await gamut.stop()
    expect(clock.pendingTimers).toBe(0)
  })

  it('leave nothing of ten thousand channels that one WebSocket subscribes to and leaves', async () => {
    // Nobody answers pings here, and no time passes in which frames are counted.
    const unlimited = { frameRate: 1_000_000, unansweredBytes: 1_000_000_000 }
    const { clock, gamut, open, turns } = createTenureRig({ authorize: () => true, ...unlimited })
    const idle = clock.pendingTimers
    const reading = await open('/connect')
    await turns()
    const held = clock.pendingTimers
    for (let round = 0; round < 200; round++) {
      for (let n = 0; n < 50; n++) reading.send({ type: 'subscribe', channel: `r${round}/c${n}` })
      await turns()
      expect(reading.text.split('"type":"open"')).toHaveLength(51)
      reading.text = ''
      for (let n = 0; n < 50; n++) reading.send({ type: 'unsubscribe', channel: `r${round}/c${n}`, ref: n })
      await turns()
      expect(reading.text.split('"type":"ok"')).toHaveLength(51)
      reading.text = ''
    }
    await clock.advance(31_000)
    expect(clock.pendingTimers).toBe(held)
    expect(gamut.connections).toBe(1)
    reading.owner?.closed()
    await clock.advance(31_000)
    expect(gamut.connections).toBe(0)
    expect(clock.pendingTimers).toBe(idle)
  })

  it('leave nothing of ten thousand WebSockets', async () => {
    const { clock, gamut, open, turns } = createTenureRig({ authorize: () => true, maxConnections: 20_000 })
    const idle = clock.pendingTimers
    for (let round = 0; round < 10; round++) {
      const readings = await Promise.all(
        Array.from({ length: 1000 }, (_, n) => open(`/channels/r${round}/c${n}?as=websocket&cursor=newest`)),
      )
      await turns()
      expect(gamut.connections).toBe(1000)
      for (const { owner } of readings) owner?.closed()
      expect(gamut.connections).toBe(0)
    }
    await clock.advance(31_000)
    expect(clock.pendingTimers).toBe(idle)
  })

  it('leave nothing of long-polls that are answered one after the other', async () => {
    const clock = createVirtualClock()
    const { ask, gamut, read } = createRig({ clock })
    let { cursor } = await read('/channels/a')
    for (let n = 0; n < 200; n++) {
      const waiting = ask(`/channels/a?wait=60&cursor=${cursor}`)
      await expect.poll(() => gamut.connections, { interval: 1 }).toBe(1)
      await gamut.publish('a', n)
      const answer = await (await waiting).json()
      expect(answer.messages).toMatchObject([{ data: n }])
      cursor = answer.cursor
    }
    expect(gamut.connections).toBe(0)
    await gamut.stop()
    expect(clock.pendingTimers).toBe(0)
  })
})
