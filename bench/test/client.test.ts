import { afterAll, beforeAll, expect, it } from 'vitest'
import { estimateClientSeconds } from '../client/run-client-scenario.ts'
import { clientScenarios } from '../client/scenarios/table.ts'
import { type Feeder, type Reader, startFeeder, startReader } from '../client/start-program.ts'

let feeder: Feeder
let reader: Reader
beforeAll(async () => {
  feeder = await startFeeder()
  reader = startReader('gamut')
})
afterAll(() => Promise.all([feeder.stop(), reader.stop()]))

const urlOf = (mode: string, port = feeder.ports.near) => `http://127.0.0.1:${port}/${mode}/gamut`

it.each(['websocket', 'ws', 'sse', 'ndjson', 'long-poll', 'poll', ''])(
  'feeds Gamut’s client its first message: %s',
  async (way) => {
    expect(await reader.follow({ type: 'connect', url: urlOf('once'), way, count: 2 })).toHaveProperty('ms')
    const far = urlOf('once', feeder.ports.far)
    expect(await reader.follow({ type: 'connect', url: far, way, count: 1 })).toHaveProperty('ms')
  },
)

it.each(['websocket', 'ws', 'sse', 'ndjson'])('pours without loss or repeat: %s', async (way) => {
  for (const mode of ['each', 'batches']) {
    const figures = await reader.follow({ type: 'receive', url: urlOf(mode), way, seconds: 0.2 })
    expect(figures['perSecond']).toBeGreaterThan(0)
  }
})

it('hears each of many subscriptions, and weighs them', async () => {
  const order = { type: 'subscribe', url: urlOf('once'), way: 'websocket', count: 250 } as const
  expect(await reader.follow(order)).toHaveProperty('heapBytes')
})

it('sees a mute transport, and that the client moves on', async () => {
  const order = { type: 'connect', url: urlOf('mute-websocket'), way: 'websocket,sse', count: 1 } as const
  expect((await reader.follow(order))['ms']).toBeGreaterThanOrEqual(500)
})

it('takes about six minutes for the published figures, and two for a look', () => {
  const quick = { pairs: 1, seconds: 0.3, warm: 0.3, quick: true }
  const sumOf = (isQuick: boolean) =>
    clientScenarios.reduce((sum, scenario) => {
      const settings = isQuick ? quick : { ...scenario.official, warm: 1, quick: false }
      return sum + estimateClientSeconds(scenario, settings)
    }, 0)
  expect(sumOf(false)).toBeLessThan(6.5 * 60)
  expect(sumOf(true)).toBeLessThan(130)
})
