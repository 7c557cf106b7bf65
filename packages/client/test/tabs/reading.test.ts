import type { Gamut } from '@gamut/client'
import { describe, expect, it } from 'vitest'
import { createOrigin } from './origin.js'

/** The map of a keyed channel as a tab has it, and how often it was begun anew. */
function mapOf(gamut: Gamut) {
  const map = new Map<unknown, unknown>()
  const seen = { map, snapshots: 0, messages: 0 }
  gamut.channel('keyed').subscribe(
    ({ key, data, deleted }) => {
      seen.messages += 1
      if (deleted) map.delete(key)
      else map.set(key, data)
    },
    {
      onSnapshot: (messages) => {
        seen.snapshots += 1
        map.clear()
        for (const { key, data } of messages) map.set(key, data)
      },
    },
  )
  return seen
}

describe('what tabs share', () => {
  it('has snapshots of keyed channels, each of their own, and changes and deletions once (§5)', async () => {
    const { server, openTab, held } = createOrigin({ channels: { keyed: { keyed: true } } })
    for (let key = 0; key < 250; key += 1) await server.publish('keyed', key, { key: `${key}` })
    const tabs = [openTab(), openTab()]
    const maps = tabs.map(({ gamut }) => mapOf(gamut))
    await server.advance(10_000)
    const late = openTab()
    maps.push(mapOf(late.gamut))
    await server.advance(10_000)
    await server.publish('keyed', 'new', { key: '1' })
    await server.gamut.deleteKey('keyed', '2')
    await server.settle()
    for (const { map, snapshots, messages } of maps) {
      expect([map.size, map.get('1'), map.has('2')]).toEqual([249, 'new', false])
      expect([snapshots, messages]).toEqual([1, 2])
    }
    expect(held()).toHaveLength(1)
  })

  it('has gaps, told to each tab once (§5)', async () => {
    const { server, openThree, held } = createOrigin()
    const tabs = await openThree()
    await server.publish('a', 2)
    await server.settle()
    await server.faults.restartNode({ isEmpty: true })
    await server.publish('a', 3)
    await server.advance(30_000)
    await server.publish('a', 4)
    await server.settle()
    for (const { data, told } of tabs) {
      expect(data).toEqual([1, 2, 3, 4])
      expect(told).toEqual(['gap epoch'])
    }
    expect(held()).toHaveLength(1)
  })

  it('is nothing that a tab may not read: each is refused by itself (§13)', async () => {
    const { server, openTab } = createOrigin({ authorize: (_identity, _action, channel) => channel !== 'a' })
    const getToken = () => server.token('ada')
    const tabs = [openTab({ getToken }), openTab({ getToken })]
    await server.advance(5000)
    for (const { told } of tabs) expect(told).toEqual(['forbidden'])
  })

  it('is read by the leader’s token, which never leaves its tab and is renewed there (§12)', async () => {
    const { server, browser, openTab, held } = createOrigin()
    const getToken = () => server.token('ada', { forMs: 60_000 })
    const tabs = [openTab({ getToken }), openTab({ getToken }), openTab({ getToken })]
    for (let count = 1; count <= 10; count += 1) {
      await server.publish('a', count)
      await server.advance(20_000)
    }
    for (const { data, told } of tabs) expect([data.length, told]).toEqual([10, []])
    expect(held()).toHaveLength(1)
    expect(browser.posts.filter(({ data }) => data.includes('-token-'))).toEqual([])
  })

  it('is read by the most able transport that any of them wants', async () => {
    const { server, openThree, held } = createOrigin()
    const tabs = await openThree()
    tabs[2].gamut.move('websocket')
    await server.advance(5000)
    await server.publish('a', 2)
    await server.settle()
    expect(server.connections.map(({ way }) => way)).toEqual(['websocket'])
    tabs[2].gamut.move()
    await server.advance(5000)
    await server.publish('a', 3)
    await server.settle()
    for (const { data } of tabs) expect(data).toEqual([1, 2, 3])
    expect(held()).toHaveLength(1)
  })

  it.each([
    ['is mute', 'mute', 'sse'],
    ['lets nothing through', 'refuse', 'sse'],
    ['is mute', 'mute', 'websocket'],
    ['lets nothing through', 'refuse', 'websocket'],
  ] as const)('moves on where the network %s (%s %s)', async (_what, fault, on) => {
    const { server, openTab, held } = createOrigin()
    server.faults[fault]({ on })
    const transport = [on, 'ndjson', 'long-poll', 'poll'] as const
    const tabs = [openTab({ transport }), openTab({ transport }), openTab({ transport })]
    await server.advance(30_000)
    await server.publish('a', 1)
    await server.advance(1000)
    for (const { data } of tabs) expect(data).toEqual([1])
    expect(new Set(tabs.map(({ gamut }) => gamut.status.transport)).size).toBe(1)
    expect(tabs[0]?.gamut.status.transport).not.toBe(on)
    expect(held()).toHaveLength(1)
  })

  it('goes on by what is open while one of them tries what is mute', async () => {
    const { server, openThree, held } = createOrigin()
    const tabs = await openThree()
    server.faults.mute({ on: 'websocket' })
    tabs[2].gamut.move('websocket')
    await server.advance(1000)
    expect(held()).toHaveLength(2)
    await server.publish('a', 2)
    await server.settle()
    for (const { data } of tabs) expect(data).toEqual([1, 2])
    tabs[2].gamut.move()
    await server.advance(10_000)
    await server.publish('a', 3)
    await server.settle()
    for (const { data } of tabs) expect(data).toEqual([1, 2, 3])
    expect(held()).toHaveLength(1)
  })

  it('is apart where a channel is read in another way (§9)', async () => {
    const { server, openTab, held } = createOrigin()
    const tabs = [openTab(), openTab(), openTab({ channel: { cursor: 'oldest', maxRate: 1 } })]
    await server.advance(10_000)
    for (let count = 1; count <= 5; count += 1) await server.publish('a', count)
    await server.advance(5000)
    for (const { data } of tabs) expect(data.at(-1)).toBe(5)
    expect(held()).toHaveLength(2)
  })

  it('is more than one connection carries, over as few as it takes (§4)', async () => {
    const { server, openTab, held } = createOrigin()
    const got: string[] = []
    const tabs = [openTab({ transport: 'sse' }), openTab({ transport: 'sse' })]
    for (const [index, { gamut }] of tabs.entries())
      for (let count = 0; count < 20; count += 1)
        gamut.channel(`c/${index}/${count}`).subscribe(({ data }) => got.push(`${data}`))
    await server.advance(30_000)
    for (const index of tabs.keys())
      for (let count = 0; count < 20; count += 1) await server.publish(`c/${index}/${count}`, 'x')
    await server.settle()
    expect(got).toHaveLength(40)
    expect(held()).toHaveLength(2)
  })

  it.each(['websocket', 'sse', 'ndjson'] as const)(
    'is more than a connection of the server carries: over %s by as many as it takes',
    async (transport) => {
      const { server, openTab } = createOrigin({ maxChannelsPerConnection: 5 })
      const tabs = [openTab({ transport }), openTab({ transport })]
      await server.settle()
      const names = Array.from({ length: 12 }, (_, index) => `c${index}`)
      const seen: string[][] = [[], []]
      for (const name of names)
        for (const [index, { gamut }] of tabs.entries())
          gamut.channel(name).subscribe(({ data }) => seen[index]?.push(data as string))
      await server.advance(30_000)
      for (const name of names) await server.publish(name, name)
      await server.advance(5000)
      expect(seen.map((one) => one.sort())).toEqual([[...names].sort(), [...names].sort()])
    },
  )

  it('is not asked for anew for each channel that is left, only once something still comes of it after a while', async () => {
    const { server, openTab } = createOrigin()
    const tab = openTab({ transport: 'sse' })
    const { fetch } = tab.environment
    let asked = 0
    Object.assign(tab.environment, {
      fetch: (...given: Parameters<typeof fetch>) => {
        if (String(given[0]).includes('as=sse')) asked += 1
        return fetch(...given)
      },
    })
    const stop = tab.gamut.channel('b').subscribe(() => {})
    await server.advance(30_000)
    const before = asked
    stop()
    await server.publish('b', 1)
    await server.advance(20_000)
    expect([before > 0, asked]).toEqual([true, before])
    for (const name of ['b', 'a']) {
      await server.publish(name, name)
      await server.advance(1000)
    }
    expect([asked, tab.data]).toEqual([before + 1, ['a']])
  })

  it('is asked for when the server wants it, however many channels come meanwhile (§10)', async () => {
    const { server, openTab } = createOrigin()
    const tab = openTab({ transport: 'sse' })
    await server.advance(10_000)
    const { fetch } = tab.environment
    const asked: number[] = []
    Object.assign(tab.environment, {
      fetch: (...given: Parameters<typeof fetch>) => {
        if (!String(given[0]).includes('as=sse')) return fetch(...given)
        asked.push(tab.environment.elapsed())
        if (asked.length > 2) return fetch(...given)
        return Promise.resolve(new Response('', { status: 503, headers: { 'retry-after': '30' } }))
      },
    })
    const got: unknown[] = []
    for (const name of ['b', 'c', 'd', 'e']) {
      tab.gamut.channel(name).subscribe(({ data }) => got.push(data))
      await server.advance(5000)
    }
    await server.publish('a', 1)
    await server.advance(60_000)
    const from = asked[0] ?? 0
    expect(asked.map((at) => Math.round((at - from) / 1000))).toEqual([0, 30, 60])
    for (const name of ['b', 'c', 'd', 'e']) await server.publish(name, name)
    await server.advance(1000)
    expect([tab.data, got]).toEqual([[1], ['b', 'c', 'd', 'e']])
  })

  it('is refused to whoever wants it, and nobody else is told of that (§13)', async () => {
    let isAllowed = true
    const { server, openTab, held } = createOrigin({
      authorize: (_identity, _action, channel) => isAllowed || channel !== 'b',
    })
    const getToken = () => server.token('ada')
    const tabs = [openTab({ getToken }), openTab({ getToken })] as const
    const refused: unknown[] = []
    tabs[1].gamut.channel('b').subscribe(() => {}, { onError: ({ code }) => refused.push(code) })
    await server.publish('b', 1)
    await server.advance(5000)
    isAllowed = false
    server.faults.cut()
    await server.advance(60_000)
    await server.publish('a', 1)
    await server.settle()
    expect(refused).toEqual(['forbidden'])
    for (const { data, told } of tabs) expect([data, told]).toEqual([[1], []])
    expect(held()).toHaveLength(1)
  })

  it('goes on where a channel that is read in another way has nothing left, and that one ends', async () => {
    const { server, openThree, held } = createOrigin()
    const tabs = await openThree()
    const ends = tabs.map(({ gamut }) => {
      const own: unknown[] = []
      const channel = gamut.channel('over', { cursor: 'newest', maxRate: 5 })
      channel.subscribe(() => {}, { onEnd: (reason) => own.push(reason) })
      return own
    })
    await server.advance(5000)
    await server.publish('over', 1)
    await server.advance(5000)
    server.faults.cut()
    await server.gamut.close('over')
    await server.advance(20_000)
    await server.publish('a', 2)
    await server.settle()
    for (const { data, told } of tabs) expect([data, told]).toEqual([[1, 2], []])
    expect(ends).toEqual([['closed'], ['closed'], ['closed']])
    expect(held()).toHaveLength(1)
  })
})
