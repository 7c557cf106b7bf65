import { describe, expect, it } from 'vitest'
import { record, startClient, startServer, transportNames, until } from './rig.js'

const needs = { channels: { 'c/*': { need: { stalenessMs: 1000 } } } }

describe.each(transportNames)('a client over %s', (transport) => {
  it('reads from its position on, in order and each once (§4, §8)', async () => {
    const { gamut, url } = await startServer(needs)
    await gamut.publish('c/a', 0)
    const seen = record(startClient(url, { transport }), 'c/a')
    await until(() => seen.data.length === 1)
    for (let count = 1; count <= 300; count += 1) await gamut.publish('c/a', count)
    await until(() => seen.data.length === 301)
    expect(seen.data).toEqual(Array.from({ length: 301 }, (_, count) => count))
    expect(seen.told).toEqual([])
  })

  it('goes on where it was after its connection is cut (§5, §8)', async () => {
    const { gamut, proxy, url } = await startServer(needs)
    const seen = record(startClient(url, { transport }), 'c/a', { cursor: 'oldest' })
    for (let round = 0; round < 3; round += 1) {
      await gamut.publish('c/a', `before ${round}`)
      await until(() => seen.data.includes(`before ${round}`))
      proxy.reset()
      await gamut.publish('c/a', `away ${round}`)
    }
    await until(() => seen.data.length === 6)
    expect(seen.data).toEqual([0, 1, 2].flatMap((round) => [`before ${round}`, `away ${round}`]))
    expect(seen.told).toEqual([])
  })

  it('reads many channels, more than one link may have (§4)', async () => {
    const { gamut, url } = await startServer(needs)
    const client = startClient(url, { transport })
    const names = Array.from({ length: 40 }, (_, index) => `c/${index}`)
    for (const name of names) await gamut.publish(name, `first of ${name}`)
    const all = names.map((name) => record(client, name))
    await until(() => all.every(({ data }) => data.length === 1))
    for (const name of names) await gamut.publish(name, `then ${name}`)
    await until(() => all.every(({ data }) => data.length === 2))
    expect(all.map(({ data }) => data)).toEqual(names.map((name) => [`first of ${name}`, `then ${name}`]))
  })
})
