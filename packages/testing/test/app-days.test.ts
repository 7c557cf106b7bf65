import { collect, drawFaults } from '@gamut/testing/app'
import { describe, expect, it } from 'vitest'
import { startClient, startServer, transportNames } from './app-rig.js'

const dayMs = 300_000
const quietMs = 900_000

/** One bad day for a reader over each transport alone and one that chooses; what each was told is held to the log. */
async function live(seed: number, mayLoseStore: boolean): Promise<void> {
  const server = startServer({ seed })
  const pages = [...transportNames, undefined].map((transport) => {
    const getToken = () => server.token('ada')
    const { client } = startClient(server, { getToken, ...(transport && { transport }) })
    const seen = collect(client.channel('c/a', { cursor: 'oldest' }))
    return { transport, client, seen }
  })
  server.faults.script(drawFaults({ seed, forMs: dayMs, count: 12, mayLoseStore }))
  const published: Promise<unknown>[] = []
  for (let count = 0; count < 60; count += 1) {
    await server.publish('c/a', count)
    const { client } = pages[count % pages.length] as (typeof pages)[number]
    if (count % 4 === 0)
      published.push(
        client
          .channel('c/b')
          .publish(count)
          .catch((error: unknown) => error),
      )
    await server.advance(dayMs / 60)
  }
  await server.advance(quietMs)
  await server.publish('c/a', 'at last')
  await server.advance(60_000)
  for (const { transport, client, seen } of pages) {
    const how = `${transport ?? 'any'}: ${(await client.explain()).join('; ')}`
    expect(seen.data.at(-1), how).toBe('at last')
    await server.check(seen, mayLoseStore ? {} : { from: 'oldest' }).catch((error: unknown) => {
      throw new Error(`${how}\n${error}`)
    })
    expect(
      seen.events.filter((told) => told !== 'gap epoch'),
      how,
    ).toEqual([])
    expect(client.status.state, how).toBe('live')
  }
  await Promise.all(published)
}

/** `GAMUT_SEED=n` draws other days. */
const first = Number(process.env['GAMUT_SEED'] ?? 1) * 1000
const seeds = Array.from({ length: 8 }, (_, index) => first + index)

describe('on any bad day', () => {
  it.each(seeds)('nothing is lost, nothing comes twice, and all are live in the end: day %i', (seed) =>
    live(seed, false),
  )
  it.each(seeds)('a store that is lost is told: day %i', (seed) => live(seed, true))
})
