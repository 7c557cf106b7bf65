import { connect } from '@gamut/client'
import { collect, createTestServer } from '@gamut/testing/app'
import { expect, it, onTestFinished } from 'vitest'

const minute = 60_000

it('moves with the traffic of a channel that says need: "measured", there and back, without loss or repeat (§14)', async () => {
  const server = createTestServer({ channels: { 'news/*': { need: 'measured' } } })
  onTestFinished(() => server.close())
  const client = connect(server.url, { environment: server.environment() })
  onTestFinished(() => client.close())
  const channel = client.channel('news/all', { cursor: 'oldest' })
  const collected = collect(channel)
  let count = 0
  /** Publishes so often for so long; gives by what it was read at the end of each minute. */
  const publish = async (everyMs: number, forMs: number) => {
    const seen: (string | undefined)[] = []
    for (let ms = 0; ms < forMs; ms += everyMs) {
      await server.publish('news/all', count++)
      await server.advance(everyMs)
      seen.push(client.status.transport)
    }
    return seen
  }
  expect(new Set(await publish(2000, 20 * minute))).toEqual(new Set(['sse']))
  const slower = await publish(4 * minute, 60 * minute)
  expect(slower.indexOf('poll')).toBeLessThan(10)
  expect(slower.at(-1)).toBe('poll')
  const faster = await publish(2000, 30 * minute)
  expect(faster.indexOf('sse')).toBeLessThan(20 * 30)
  expect(faster.at(-1)).toBe('sse')
  // There and back is two moves, not more.
  const moves = [...slower, ...faster].filter((one, index, all) => index > 0 && one !== all[index - 1])
  expect(moves).toEqual(['poll', 'sse'])
  await server.check(collected)
  expect(collected.data).toEqual(Array.from({ length: count }, (_, index) => index))
})

it('stays on polls while a node that has only begun measures anew (§15)', async () => {
  const server = createTestServer({ channels: { news: { need: 'measured' } } })
  onTestFinished(() => server.close())
  const client = connect(server.url, { environment: server.environment() })
  onTestFinished(() => client.close())
  const collected = collect(client.channel('news', { cursor: 'oldest' }))
  const seen: (string | undefined)[] = []
  const publish = async (times: number, everyMs: number) => {
    for (let index = 0; index < times; index++) {
      await server.publish('news', index)
      await server.advance(everyMs)
      seen.push(client.status.transport)
    }
  }
  await publish(120, 1000)
  await publish(15, 4 * minute)
  expect(client.status.transport).toBe('poll')
  await server.faults.restartNode()
  seen.length = 0
  await publish(20, 4 * minute)
  expect(new Set(seen)).toEqual(new Set(['poll']))
  await server.check(collected)
})

it('keeps to what it knew where nobody answers what is advised now', async () => {
  const server = createTestServer({ channels: { news: { need: 'measured' } } })
  onTestFinished(() => server.close())
  const asked: number[] = []
  const environment = server.environment()
  const fetch: typeof environment.fetch = (input, init) => {
    if (!String(input).endsWith('?info')) return environment.fetch(input, init)
    asked.push(server.now())
    return asked.length < 3 ? environment.fetch(input, init) : Promise.reject(new TypeError('away'))
  }
  const client = connect(server.url, { environment: { ...environment, fetch } })
  onTestFinished(() => client.close())
  client.channel('news').subscribe(() => {})
  for (let index = 0; index < 20 * 60; index++) {
    await server.publish('news', index)
    await server.advance(1000)
    if (index > 0) expect(client.status).toMatchObject({ state: 'live', transport: 'sse' })
  }
  // Some tries each time, and no more than that.
  expect(asked.length).toBeGreaterThan(4)
  expect(asked.length).toBeLessThan(30)
  client.close()
  const before = asked.length
  await server.advance(20 * minute)
  expect(asked.length).toBe(before)
})
