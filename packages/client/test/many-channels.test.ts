import { connect } from '@gamut/client'
import type { TransportName } from '@gamut/protocol'
import { createTestServer, type TestServerOptions } from '@gamut/testing/app'
import { describe, expect, it, onTestFinished } from 'vitest'
import { transportNames } from './rig.js'

/** A page that reads channels by one transport, what it asks, and how many of its `?info` are asked at once. */
function start(
  transport: TransportName,
  names: readonly string[],
  options: TestServerOptions<object> = {},
  isKnown = true,
) {
  const server = createTestServer<object>({ authorize: () => true, ...options })
  onTestFinished(() => server.close())
  const page = server.environment()
  const reads: string[] = []
  const infos = { all: 0, open: 0, most: 0 }
  const fetch: typeof page.fetch = async (input, init) => {
    const path = String(input).slice(server.url.length)
    if (!path.endsWith('?info')) {
      reads.push(path)
      return page.fetch(input, init)
    }
    infos.all++
    infos.most = Math.max(infos.most, ++infos.open)
    return page.fetch(input, init).finally(() => infos.open--)
  }
  const environment = Object.assign(Object.create(page), { fetch })
  const client = connect(server.url, { environment, transport })
  onTestFinished(() => client.close())
  const found = new Set<string>()
  const read = (name: string) =>
    client.channel(name, isKnown ? { need: {} } : {}).subscribe(({ data }) => found.add(data as string))
  names.forEach(read)
  const live = () => names.filter((name) => client.channel(name).status.state === 'live').length
  /** Publishes on each and gives how many have come. */
  const come = async () => {
    for (const name of names) await server.publish(name, name)
    await server.advance(5000)
    return found.size
  }
  return { server, client, reads, infos, read, found, live, come }
}

const many = (count: number, prefix = 'c') => Array.from({ length: count }, (_, index) => `${prefix}${index}`)

describe('many channels', () => {
  it('are asked about four at a time, all of them in the end', async () => {
    const { server, infos, come } = start('sse', many(150), {}, false)
    await server.advance(10_000)
    expect([infos.all, infos.most, await come()]).toEqual([150, 4, 150])
  })

  it.each(['sse', 'ndjson', 'long-poll', 'poll'] as const)(
    'of long names are read over %s by addresses that proxies let pass',
    async (transport) => {
      const { server, reads, come } = start(transport, many(60, 'n'.repeat(240)))
      await server.advance(5000)
      expect(await come()).toBe(60)
      expect(Math.max(...reads.map((path) => path.length))).toBeLessThan(8000)
    },
  )

  it.each(transportNames)(
    'are read over %s by as many links as it takes, where a connection of the server has fewer than any other',
    async (transport) => {
      const { server, live, come } = start(transport, many(30), { maxChannelsPerConnection: 7 })
      await server.advance(10_000)
      expect([live(), await come()]).toEqual([30, 30])
    },
  )

  it.each(['sse', 'websocket'] as const)(
    'that come one after the other are read over %s too, and those before them go on meanwhile',
    async (transport) => {
      const names = many(10)
      const { server, client, read, found } = start(transport, [], { maxChannelsPerConnection: 3 })
      const states: string[] = []
      for (const name of names) {
        read(name)
        await server.advance(1000)
        if (name === 'c0') client.onStatus(({ state }) => states.push(state))
      }
      for (const name of names) await server.publish(name, name)
      await server.advance(1000)
      expect([[...found].sort(), states.filter((state) => state !== 'live')]).toEqual([names, []])
    },
  )
})
