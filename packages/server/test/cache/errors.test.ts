import { type ErrorCode, errorKinds } from '@gamut/protocol'
import { describe, expect, it } from 'vitest'
import { createMemoryBroker } from '../../src/broker/memory.js'
import { systemClock } from '../../src/clock.js'
import { createGamut, GamutError } from '../../src/index.js'

const json = { 'content-type': 'application/json' }
const body = JSON.stringify({ messages: [{ channel: 'mine', data: 1 }] })

/** Every route on which an application's hook can refuse. */
const routes: readonly [title: string, target: string, init?: RequestInit][] = [
  ['a poll', '/channels/mine'],
  ['a poll by its URL', '/channels/mine?as=poll'],
  ['a long-poll', '/channels/mine?as=long-poll&wait=0'],
  ['an event stream', '/channels/mine?as=sse'],
  ['an NDJSON stream', '/channels/mine?as=ndjson'],
  ['a set', '/channels?channel=mine&channel=other&as=poll'],
  ['what is known of a channel', '/channels/mine?info'],
  ['a publish', '/channels/mine', { method: 'POST', headers: json, body: '1' }],
  ['a deletion', '/channels/mine?key=k', { method: 'DELETE' }],
  ['a publish to many', '/publish', { method: 'POST', headers: json, body }],
]
const codes = Object.keys(errorKinds) as ErrorCode[]

describe('no error may be kept by a cache (§13, I22)', () => {
  it.each(routes)('whatever the code of a refusal: %s', async (_title, target, init) => {
    for (const code of codes) {
      const gamut = createGamut({
        authorize: () => {
          throw new GamutError(code, 'Refused for the test.', 1000)
        },
      })
      const answer = await gamut.fetch(new Request(`http://gamut.test${target}`, init))
      // An event stream tells what a retry mends by its only event (§6).
      expect(await answer.text(), code).toMatch(new RegExp(`"${code}"|event: .reconnect`))
      expect(answer.headers.get('cache-control'), code).toMatch(/^no-store/)
      await gamut.stop()
    }
  })

  it.each([
    ['a path that is none', '/nothing', 404],
    ['a method that is none', '/channels/open', 405],
    ['a channel that is none', '/channels/a%2Fb?as=poll', 400],
    ['a cursor that is none', '/channels/open?as=poll&cursor=none', 400],
    ['a limit that is none', '/channels/open?as=poll&limit=0', 400],
    ['a set without channels', '/channels?as=poll', 400],
    ['a WebSocket without a handshake', '/channels/open?as=websocket', 426],
    ['an unknown way to read', '/channels/open?as=pigeon', 400],
  ])('of a public channel either: %s', async (_title, target, status) => {
    const gamut = createGamut({ channels: { open: { public: true } } })
    const init = status === 405 ? { method: 'PATCH' } : {}
    const answer = await gamut.fetch(new Request(`http://gamut.test${target}`, init))
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([status, 'no-store'])
    await gamut.stop()
  })

  it('nor is what a public channel says while its store or its source fails', async () => {
    const broker = createMemoryBroker({ clock: systemClock })
    broker.read = () => Promise.reject(new Error('away'))
    const away = createGamut({ broker, channels: { open: { public: true } } })
    const load = () => Promise.reject(new Error('fails'))
    const failing = createGamut({ channels: { open: { public: true, source: { everyMs: 1000, load } } } })
    for (const [gamut, as] of [
      [away, 'poll'],
      [away, 'long-poll'],
      [failing, 'poll'],
      [failing, 'long-poll'],
    ] as const) {
      const answer = await gamut.fetch(new Request(`http://gamut.test/channels/open?as=${as}`))
      expect(await answer.text()).toContain('"error"')
      expect(answer.headers.get('cache-control')).toBe('no-store')
    }
    await Promise.all([away.stop(), failing.stop()])
  })
})
