import { type Collected, collect, type Told } from '@gamut/testing/app'
import { describe, expect, it } from 'vitest'
import { startClient, startReader, startServer } from './app-rig.js'

/** What a reader was told, as if it had been told something else. */
function alter(seen: Collected, change: (told: Told[]) => Told[], isStopped = seen.isStopped): Collected {
  return { ...seen, isStopped, told: change([...seen.told]) }
}

async function readFive(options = {}) {
  const server = startServer(options)
  const { seen } = await startReader(server, 'sse')
  for (let count = 1; count <= 5; count += 1) await server.publish('c/a', count, { key: `k${count % 2}` })
  await server.advance(1000)
  return { server, seen }
}

describe('what a reader of a log was told', () => {
  it('is right where it has everything once and in order', async () => {
    const { server, seen } = await readFive()
    await server.check(seen)
    await server.check(seen, { from: 'oldest' })
  })

  it('is nothing to be held to on a channel that never had anything, such as one of a misspelt name', async () => {
    const { server } = await readFive()
    const { client } = startClient(server)
    const seen = collect(client.channel('c/misspelt', { cursor: 'oldest' }))
    await server.settle()
    await expect(server.check(seen)).rejects.toThrow('Nothing was ever published to "c/misspelt"')
  })

  it('is wrong where something is missing in the middle', async () => {
    const { server, seen } = await readFive()
    const altered = alter(seen, (told) => told.filter((_, index) => index !== 2))
    await expect(server.check(altered)).rejects.toThrow('#3 was lost and no gap was told')
  })

  it('is wrong where the end is missing, unless the reader has stopped', async () => {
    const { server, seen } = await readFive()
    const cut = (told: Told[]) => told.slice(0, 3)
    await expect(server.check(alter(seen, cut))).rejects.toThrow('#4, #5 has not come')
    await server.check(alter(seen, cut, true))
  })

  it('is wrong where the beginning is missing of a reader that wanted all', async () => {
    const { server, seen } = await readFive()
    const altered = alter(seen, (told) => told.slice(1))
    await server.check(altered)
    await expect(server.check(altered, { from: 'oldest' })).rejects.toThrow('#1 was lost')
    await expect(
      server.check(
        alter(seen, () => []),
        { from: 'oldest' },
      ),
    ).rejects.toThrow('#1, #2')
  })

  it('is wrong where something came twice, or in another order', async () => {
    const { server, seen } = await readFive()
    const twice = alter(seen, (told) => told.flatMap((one, index) => (index === 1 ? [one, one] : [one])))
    await expect(server.check(twice)).rejects.toThrow('#2 came after #2')
    await expect(server.check(alter(seen, (told) => told.reverse()))).rejects.toThrow('#4 came after #5')
  })

  it('is right where what is missing was told as a gap, and wrong where more is missing', async () => {
    const { server, seen } = await readFive()
    const gapTo = (offset: number) =>
      alter(seen, (told) => [
        ...told.slice(0, 1),
        { kind: 'gap', gap: { reason: 'expired', after: 'test1.1.0', cursor: `test1.${offset}.0` } } as never,
        ...told.slice(3),
      ])
    await server.check(gapTo(3))
    await expect(server.check(gapTo(2))).rejects.toThrow('#3 was lost')
  })

  it('is wrong where another life of the store began without a word', async () => {
    const server = startServer()
    const { seen } = await startReader(server, 'sse')
    await server.publish('c/a', 'before')
    await server.advance(1000)
    await server.faults.restartNode({ isEmpty: true })
    await server.publish('c/a', 'after')
    await server.advance(60_000)
    await server.check(seen)
    const silent = alter(seen, (told) => told.filter(({ kind }) => kind !== 'gap'))
    await expect(server.check(silent)).rejects.toThrow('another life of the store')
  })
})

describe('what a reader of a keyed channel was told', () => {
  const keyed = { channels: { 'c/*': { keyed: true as const, public: true } } }

  async function readKeys() {
    const server = startServer(keyed)
    await server.publish('c/a', 'old', { key: 'k0' })
    const { client } = startClient(server, { transport: 'sse' })
    const seen = collect(client.channel('c/a'))
    await server.settle()
    for (let count = 1; count <= 5; count += 1) await server.publish('c/a', count, { key: `k${count % 2}` })
    await server.gamut.deleteKey('c/a', 'k1')
    await server.advance(1000)
    return { server, seen }
  }

  it('is right where it has the newest of each key, and none that is gone', async () => {
    const { server, seen } = await readKeys()
    await server.check(seen)
  })

  it('is wrong where a key is old, or is shown though it is gone', async () => {
    const { server, seen } = await readKeys()
    const last = seen.told.length - 1
    await expect(server.check(alter(seen, (told) => told.slice(0, last)))).rejects.toThrow(
      '"k1" is gone, and is still shown',
    )
    const isNewest = (told: Told) => told.kind === 'message' && told.message.data === 4
    await expect(server.check(alter(seen, (told) => told.filter((one) => !isNewest(one))))).rejects.toThrow(
      '"k0": #5 has not come',
    )
  })
})
