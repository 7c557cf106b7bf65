import { createFaultProxy, type FaultProxy } from '@gamut/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type RunningServer, startServer } from '../../../e2e/support/start-server.js'
import { until } from '../../../e2e/support/until.js'
import { examineIdle } from '../src/doctor/idle.js'
import { createPath } from '../src/doctor/path.js'
import { parseTarget } from '../src/doctor/target.js'

/** Holds what can be held through a proxy, and does something to it once all four are there. */
async function hold(
  heartbeatMs: number,
  idleMs: number,
  meanwhile: (proxy: FaultProxy, server: RunningServer, examined: Promise<unknown>) => unknown = () => {},
  toldMs = heartbeatMs,
) {
  const server = await startServer({ heartbeatMs })
  const proxy = await createFaultProxy({ target: { port: server.port } })
  onTestFinished(() => proxy.close())
  const path = createPath(parseTarget(proxy.origin, 'held'), undefined)
  const patient = { path, front: { names: [], isProxied: false }, plainMs: 5, waitMs: 5000, idleMs }
  const examined = examineIdle(patient, toldMs)
  await server.held(4)
  await meanwhile(proxy, server, examined)
  return examined
}

describe('what is held in silence', () => {
  it('is well where heartbeats come and nothing cuts it (§10)', async () => {
    const [all, ...others] = await hold(200, 1500)
    expect(others).toEqual([])
    expect(all).toMatchObject({ severity: 'ok', patterns: ['sse', 'ndjson', 'websocket', 'long-poll'] })
    expect(all?.says).toMatch(/held for 1.5 s in silence, nothing cut them, heartbeats came\.$/)
  })

  it('is well too where messages come in place of heartbeats', async () => {
    const talk = async (proxy: FaultProxy, { gamut }: RunningServer, examined: Promise<unknown>) => {
      let isOver = false
      void examined.then(() => {
        isOver = true
      })
      while (!isOver) {
        const before = proxy.counts.bytesToClient
        await gamut.publish('held', 'news')
        await until(() => isOver || proxy.counts.bytesToClient > before)
      }
    }
    // The server sends none, and one is due each 400 ms.
    const [all, ...others] = await hold(60_000, 1500, talk, 400)
    expect(others).toEqual([])
    // The long-poll was answered by the first of them.
    expect(all).toMatchObject({ severity: 'ok', patterns: ['sse', 'ndjson', 'websocket'] })
  })

  it('is known for that long only where no heartbeat was due', async () => {
    expect(await hold(60_000, 1000)).toMatchObject([
      { severity: 'ok', says: expect.stringMatching(/no more is known/) },
    ])
  })

  it('is found to be reset', async () => {
    const found = await hold(60_000, 10_000, (proxy) => proxy.reset())
    expect(found.map(({ severity }) => severity)).not.toContain('ok')
    expect(found.flatMap(({ patterns = [] }) => patterns).sort()).toEqual([
      'long-poll',
      'ndjson',
      'sse',
      'websocket',
    ])
    expect(found[0]?.says).toMatch(/^SSE.* reset after .* and not by the server\.$/)
  })

  it('is not held against the path where the server itself ends it (§10)', async () => {
    const found = await hold(60_000, 10_000, (_proxy, server) => server.close())
    const streams = found.filter(({ patterns }) => !patterns?.includes('long-poll'))
    expect(streams.flatMap(({ patterns = [] }) => patterns).sort()).toEqual(['ndjson', 'sse', 'websocket'])
    for (const one of streams)
      expect(one).toMatchObject({ severity: 'ok', says: expect.stringMatching(/ended by the server itself/) })
  })

  it('is found to be mute where heartbeats are due and none comes', async () => {
    const found = await hold(400, 1500, (proxy) => proxy.set({ toClient: { hold: true } }))
    const mute = found.filter(({ says }) => /nothing came for the last/.test(says))
    expect(mute.flatMap(({ patterns = [] }) => patterns)).toEqual(['sse', 'ndjson', 'websocket'])
  })

  it('is told from what is cut for its age', async () => {
    const found = await hold(200, 10_000, async (proxy) => {
      const before = proxy.counts.bytesToClient
      // Some heartbeats of each.
      await until(() => proxy.counts.bytesToClient - before > 300)
      proxy.cut()
    })
    const sse = found.find(({ patterns }) => patterns?.includes('sse'))
    expect(sse?.says).toMatch(/^SSE.*closed in the middle/)
    expect(sse?.means).toMatch(/^Heartbeats had come \(\d+\), so it was cut for its age/)
  })
})
