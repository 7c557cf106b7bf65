import { createVirtualClock } from '@gamut/testing'
import { expect, it } from 'vitest'
import { type Broker, createGamut, createMemoryBroker } from '../../src/index.js'

/** A broker that has started only when it is told so. */
function createSlowBroker(): { broker: Broker; start: () => void; fail: (error: Error) => void } {
  const memory = createMemoryBroker()
  let start = () => {}
  let fail: (error: Error) => void = () => {}
  const begun = new Promise<void>((resolve, reject) => {
    start = resolve
    fail = reject
  })
  const broker: Broker = {
    start: (listener, settings) => begun.then(() => memory.start(listener, settings)),
    append: (...given) => memory.append(...given),
    read: (...given) => memory.read(...given),
    heads: (channels) => memory.heads(channels),
    watch: (channels) => memory.watch(channels),
    unwatch: (channels) => memory.unwatch(channels),
    close: () => memory.close(),
  }
  return { broker, start, fail }
}

const ask = (gamut: { fetch(request: Request): Promise<Response> }, path: string) =>
  gamut.fetch(new Request(`http://localhost${path}`))

it('refuses what needs the log while the broker has not started, and says how it is (§13, §14)', async () => {
  const clock = createVirtualClock()
  const { broker, start } = createSlowBroker()
  const gamut = createGamut({ broker, clock, authorize: () => true })
  expect((await ask(gamut, '/healthz')).status).toBe(200)
  const readiness = await ask(gamut, '/readyz')
  expect([readiness.status, await readiness.json()]).toEqual([503, { status: 'broker unavailable' }])
  const polling = ask(gamut, '/channels/a?as=poll')
  const publishing = gamut.publish('a', 1)
  publishing.catch(() => {})
  await clock.advance(1000)
  const refused = await polling
  expect(refused.status).toBe(503)
  expect(refused.headers.get('retry-after')).not.toBeNull()
  expect(await refused.json()).toMatchObject({ error: { code: 'broker_unavailable' } })
  await expect(publishing).rejects.toThrow('has not started')
  start()
  await gamut.ready()
  expect((await ask(gamut, '/readyz')).status).toBe(200)
  await gamut.publish('a', 1)
  expect((await ask(gamut, '/channels/a?as=poll')).status).toBe(200)
  await gamut.stop()
})

it('serves whoever waits when the broker starts in time', async () => {
  const { broker, start } = createSlowBroker()
  const gamut = createGamut({ broker, authorize: () => true })
  const polling = ask(gamut, '/channels/a?as=poll')
  start()
  expect((await polling).status).toBe(200)
  await gamut.stop()
})

it('tells whoever waits for it why a broker cannot start', async () => {
  const { broker, fail } = createSlowBroker()
  const gamut = createGamut({ broker, authorize: () => true })
  fail(new Error('the file is in use'))
  await expect(gamut.ready()).rejects.toThrow('the file is in use')
})
