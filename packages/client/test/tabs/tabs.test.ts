import { shareTabs } from '@gamut/client/tabs'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { nodeEnvironment, record, startClient, startServer, until } from '../rig.js'
import { createOrigin } from './origin.js'

describe('tabs of one origin', () => {
  it('read by one connection, that of the first of them', async () => {
    const { server, openThree, held } = createOrigin()
    const tabs = await openThree()
    await server.publish('a', 2)
    await server.settle()
    expect(tabs.map(({ data }) => data)).toEqual([
      [1, 2],
      [1, 2],
      [1, 2],
    ])
    expect(held()).toEqual([tabs[0].environment])
    expect(tabs[1].tabs.status).toEqual({ role: 'follower', why: 'led' })
  })

  it('are led by the next once the leader closes, without gap or repeat', async () => {
    const { server, openThree, held } = createOrigin()
    const [first, second, third] = await openThree()
    first.gamut.close()
    await server.publish('a', 2)
    await server.advance(100)
    await server.publish('a', 3)
    await server.settle()
    expect([second.data, third.data]).toEqual([
      [1, 2, 3],
      [1, 2, 3],
    ])
    expect(first.tabs.status.role).toBe('idle')
    expect(second.tabs.status).toEqual({ role: 'leader', why: 'passed' })
    expect(held()).toEqual([second.environment])
  })

  it('are led by the next once the leader crashes', async () => {
    const { server, browser, openThree, held } = createOrigin()
    const [first, second, third] = await openThree()
    first.environment.goOffline()
    first.environment.freeze()
    browser.crash(first.environment)
    await server.publish('a', 2)
    await server.advance(100)
    await server.publish('a', 3)
    await server.settle()
    expect([second.data, third.data]).toEqual([
      [1, 2, 3],
      [1, 2, 3],
    ])
    expect(second.tabs.status).toEqual({ role: 'leader', why: 'passed' })
    expect(held()).toContain(second.environment)
  })

  it('are led by the next once the leader is frozen, which follows when it runs again', async () => {
    const { server, browser, openThree } = createOrigin()
    const [first, second, third] = await openThree()
    first.environment.freeze()
    browser.stop(first.environment)
    await server.publish('a', 2)
    await server.advance(100)
    await server.publish('a', 3)
    await server.settle()
    expect([second.data, third.data]).toEqual([
      [1, 2, 3],
      [1, 2, 3],
    ])
    browser.wake(first.environment)
    first.environment.thaw()
    await server.advance(100)
    await server.publish('a', 4)
    await server.settle()
    expect([first, second, third].map(({ data }) => data)).toEqual([
      [1, 2, 3, 4],
      [1, 2, 3, 4],
      [1, 2, 3, 4],
    ])
    expect(first.tabs.status).toEqual({ role: 'follower', why: 'led' })
  })

  it('notice a leader that says nothing and holds its lock, and heed it no more when it wakes', async () => {
    const { server, openThree, held, stop, wake } = createOrigin()
    const [first, second, third] = await openThree()
    stop(first.environment)
    await server.publish('a', 2)
    await server.advance(20_000)
    expect([second.data, third.data]).toEqual([
      [1, 2],
      [1, 2],
    ])
    expect([second, third].map(({ tabs }) => tabs.status)).toContainEqual({ role: 'leader', why: 'silent' })
    wake(first.environment)
    await server.advance(5000)
    await server.publish('a', 3)
    await server.settle()
    expect([first, second, third].map(({ data }) => data)).toEqual([
      [1, 2, 3],
      [1, 2, 3],
      [1, 2, 3],
    ])
    expect(first.tabs.status).toEqual({ role: 'follower', why: 'led' })
    expect(held()).toHaveLength(1)
  })

  it('do not share with tabs of another identity', async () => {
    const { server, openTab, held } = createOrigin()
    const tabs = [openTab(), openTab({ identity: 'bob' })]
    await server.advance(5000)
    expect(tabs.map((tab) => tab.tabs.status.role)).toEqual(['leader', 'leader'])
    expect(held()).toHaveLength(2)
  })

  it.each(['locks', 'BroadcastChannel'])('have a connection each without %s', async (missing) => {
    const { server, browser, openTab, held } = createOrigin()
    const has = (tab: object) => ({ ...browser.tab(tab), [missing]: undefined }) as never
    const tabs = [openTab({ has }), openTab({ has })]
    await server.advance(5000)
    await server.publish('a', 1)
    await server.settle()
    expect(tabs.map(({ data }) => data)).toEqual([[1], [1]])
    expect(tabs.map((tab) => tab.tabs.status)).toEqual(Array(2).fill({ role: 'alone', why: 'missing' }))
    expect(held()).toHaveLength(2)
  })

  it('do not share with pages that mean another server by the same relative address', async () => {
    onTestFinished(() => void vi.unstubAllGlobals())
    const names = new Set<string>()
    class BroadcastChannel {
      constructor(name: string) {
        names.add(name)
      }
      postMessage() {}
      close() {}
    }
    const browser = { locks: { request: () => new Promise(() => {}) }, BroadcastChannel } as never
    for (const folder of ['one', 'two']) {
      vi.stubGlobal('location', { href: `http://gamut.test/${folder}/` })
      const tabs = shareTabs({ identity: 'ada', browser })
      record(startClient('realtime', { tabs, transport: 'sse' }), 'a')
      await until(() => [...names].some((name) => name.includes(`/${folder}/realtime`)))
    }
    expect(names.size).toBe(2)
  })

  it('have a connection each where locks are forbidden', async () => {
    const { server, browser, openTab, held } = createOrigin()
    const request = () => Promise.reject(new DOMException('no', 'SecurityError'))
    const has = (tab: object) => ({ ...browser.tab(tab), locks: { request } }) as never
    const tabs = [openTab({ has }), openTab({ has })]
    await server.advance(5000)
    await server.publish('a', 1)
    await server.settle()
    expect(tabs.map(({ data }) => data)).toEqual([[1], [1]])
    expect(tabs.map((tab) => tab.tabs.status.role)).toEqual(['alone', 'alone'])
    expect(held()).toHaveLength(2)
  })

  it('each begin where they want to, while others go on', async () => {
    const { server, openTab, openThree, held } = createOrigin()
    const [first] = await openThree()
    for (let count = 2; count <= 5; count += 1) await server.publish('a', count)
    const late = openTab()
    const latest = openTab({ channel: { cursor: 'newest' } })
    await server.advance(1000)
    await server.publish('a', 6)
    await server.settle()
    expect([first, late, latest].map(({ data }) => data)).toEqual([
      [1, 2, 3, 4, 5, 6],
      [1, 2, 3, 4, 5, 6],
      [6],
    ])
    expect(held()).toHaveLength(1)
  })

  it('read channels of their own by the same connection, and leave them', async () => {
    const { server, openThree, held } = createOrigin()
    const [, second, third] = await openThree()
    const got: unknown[] = []
    const stop = third.gamut.channel('b').subscribe(({ data }) => got.push(data))
    await server.advance(5000)
    await server.publish('b', 'x')
    await server.publish('a', 2)
    await server.settle()
    expect(got).toEqual(['x'])
    expect(second.data).toEqual([1, 2])
    expect(held()).toHaveLength(1)
    stop()
    await server.advance(100)
    await server.publish('b', 'y')
    await server.publish('a', 3)
    await server.settle()
    expect([got, second.data]).toEqual([['x'], [1, 2, 3]])
  })

  it('do not wait for one that does not know yet where it is', async () => {
    const { server, openTab, held, stop } = createOrigin()
    const first = openTab()
    const second = openTab()
    await Promise.resolve()
    stop(second.environment)
    await server.advance(10_000)
    await server.publish('a', 1)
    await server.settle()
    expect(first.data).toEqual([1])
    expect(held()).toEqual([first.environment])
  })

  it('are told of an end once they have read what came before it', async () => {
    const { server, openTab, openThree } = createOrigin()
    const tabs = await openThree()
    await server.publish('a', 2)
    const late = openTab()
    await server.gamut.close('a')
    await server.advance(5000)
    for (const { data, told } of [...tabs, late]) expect([data, told]).toEqual([[1, 2], ['closed']])
  })

  it('come back together when the server was away', async () => {
    const { server, openThree, held } = createOrigin()
    const tabs = await openThree()
    await server.faults.killNode()
    await server.advance(1000)
    await server.faults.restartNode()
    await server.publish('a', 2)
    await server.advance(20_000)
    expect(tabs.map(({ data }) => data)).toEqual([
      [1, 2],
      [1, 2],
      [1, 2],
    ])
    expect(held()).toHaveLength(1)
  })

  it('hand the lead over when they are long out of sight, and follow when they are seen again', async () => {
    const { server, openThree, held } = createOrigin()
    const tabs = await openThree()
    const [first, second] = tabs
    first.environment.hide()
    await server.advance(61_000)
    expect(first.tabs.status.role).toBe('idle')
    expect(held()).toEqual([second.environment])
    await server.publish('a', 2)
    first.environment.show()
    await server.advance(2000)
    await server.publish('a', 3)
    await server.settle()
    for (const { data } of tabs) expect(data).toEqual([1, 2, 3])
    expect(first.tabs.status).toEqual({ role: 'follower', why: 'led' })
    expect(held()).toEqual([second.environment])
  })

  it('lead although a listener throws, which the others do not notice', async () => {
    const thrown: unknown[] = []
    const { queueMicrotask: own } = globalThis
    vi.stubGlobal('queueMicrotask', (call: () => void) =>
      own(() => {
        try {
          call()
        } catch (error) {
          thrown.push(error)
        }
      }),
    )
    onTestFinished(() => void vi.unstubAllGlobals())
    const { server, openTab } = createOrigin()
    const { tabs, data } = openTab()
    const roles: string[] = []
    tabs.onStatus(() => {
      throw new Error('a listener')
    })
    tabs.onStatus(({ role }) => roles.push(role))
    await server.advance(1000)
    await server.publish('a', 1)
    await server.settle()
    expect([roles, data, thrown]).toEqual([['leader'], [1], [new Error('a listener')]])
  })

  it('are shared by nobody who is not known yet', () => {
    expect(() => shareTabs({ identity: undefined as never })).toThrow('identity')
  })

  it('publish each by itself', async () => {
    const { server, openThree } = createOrigin()
    const tabs = await openThree()
    const answer = tabs[2].gamut.channel('a').publish(2)
    await server.settle()
    expect((await answer).offset).toBe(2)
    expect(tabs.map(({ data }) => data)).toEqual([
      [1, 2],
      [1, 2],
      [1, 2],
    ])
  })
})

it.runIf(globalThis.navigator?.locks)("share by a runtime's own locks and channels", async () => {
  const { gamut, url } = await startServer()
  await gamut.publish('a', 1)
  const all = [1, 2, 3].map(() => {
    const tabs = shareTabs({ identity: '' })
    const client = startClient(url, { environment: nodeEnvironment(), tabs })
    return { tabs, client, data: record(client, 'a', { cursor: 'oldest' }).data }
  })
  const roles = () => all.map(({ tabs }) => tabs.status.role).sort()
  await until(() => roles().join() === 'follower,follower,leader')
  await until(() => all.every(({ data }) => data.length === 1))
  const leader = all.find(({ tabs }) => tabs.status.role === 'leader')
  leader?.client.close()
  await gamut.publish('a', 2)
  const rest = all.filter((one) => one !== leader)
  await until(() => rest.every(({ data }) => data.length === 2))
  expect(rest.map(({ data }) => data)).toEqual([
    [1, 2],
    [1, 2],
  ])
})
