import type { TestEnvironment } from '@gamut/testing/app'
import { describe, expect, it } from 'vitest'
import { createOrigin } from './origin.js'

/** Answers some of a page's reads over SSE in the server's place; and how often it was asked for one. */
function answer(
  environment: TestEnvironment,
  toAnswer: (channels: readonly string[]) => Response | undefined,
) {
  const { fetch } = environment
  const seen = { asked: 0 }
  const own: typeof fetch = async (input, init) => {
    const { searchParams } = new URL(String(input))
    if (searchParams.get('as') !== 'sse') return fetch(input, init)
    seen.asked++
    return toAnswer(searchParams.getAll('channel')) ?? fetch(input, init)
  }
  Object.assign(environment, { fetch: own })
  return seen
}

const refuse = (status: number, code: string, message: string) =>
  Response.json({ error: { code, message } }, { status })

describe('a server that refuses what tabs share', () => {
  it('is asked for one channel more later each time, while the others go on', async () => {
    const { server, openTab } = createOrigin()
    const tab = openTab({ transport: 'sse' })
    await server.advance(5000)
    const seen = answer(tab.environment, (channels) =>
      channels.includes('b') ? refuse(503, 'overloaded', 'Later.') : undefined,
    )
    tab.gamut.channel('b').subscribe(() => {})
    await server.advance(240_000)
    await server.publish('a', 1)
    await server.settle()
    expect(tab.data).toEqual([1])
    expect(seen.asked).toBeGreaterThan(5)
    expect(seen.asked).toBeLessThan(30)
  })

  it('is asked no more for one channel that it refuses by name, for whatever reason', async () => {
    const { server, openTab } = createOrigin()
    const tab = openTab({ transport: 'sse' })
    await server.advance(5000)
    const seen = answer(tab.environment, (channels) =>
      channels.includes('b') ? refuse(403, 'revoked', '"b": You are banned.') : undefined,
    )
    const told: string[] = []
    tab.gamut.channel('b').subscribe(() => {}, { onError: ({ code }) => told.push(code) })
    await server.advance(600_000)
    await server.publish('a', 1)
    await server.settle()
    expect([tab.data, told]).toEqual([[1], ['revoked']])
    expect(seen.asked).toBeLessThan(4)
  })

  it('is not asked without end where it reads no channel at all', async () => {
    const { server, openTab } = createOrigin()
    const tab = openTab({ transport: 'sse' })
    const seen = answer(tab.environment, () => refuse(400, 'too_many_channels', 'At most 0 channels.'))
    await server.advance(60_000)
    expect(tab.told).toEqual(['too_many_channels'])
    expect(seen.asked).toBeLessThan(4)
  })

  it('is asked for fewer at once where it takes fewer than are open', async () => {
    const { server, openTab, held } = createOrigin()
    const tab = openTab({ transport: 'sse' })
    const data: unknown[] = []
    for (const name of ['b', 'c'])
      tab.gamut.channel(name, { need: {} }).subscribe((message) => data.push(message.data))
    await server.advance(5000)
    const seen = answer(tab.environment, (channels) =>
      channels.length > 1 ? refuse(400, 'too_many_channels', 'At most 1 channel.') : undefined,
    )
    tab.environment.hide()
    tab.environment.show()
    await server.advance(30_000)
    for (const name of ['a', 'b', 'c']) await server.publish(name, name)
    await server.settle()
    expect([tab.data, data]).toEqual([['a'], ['b', 'c']])
    expect([seen.asked < 12, held().length]).toEqual([true, 3])
  })
})
