import { createVirtualClock } from '@gamut/testing'
import { createGamut } from '../../src/index.js'
import { type CachedAnswer, SharedCache } from './shared-cache.js'

/** What the origin has answered to a URL, and when. */
export interface Original {
  readonly at: number
  readonly status: number
  /** What the URL alone gives, whoever asked how; empty where that is not for all. */
  readonly body: string
  readonly cacheControl: string
}

/** A server on a virtual clock behind a shared cache. `open/*` is for all, `mine/ann` for ann alone. */
export function createCachedRig(kind: 'correct' | 'hostile' = 'correct') {
  const clock = createVirtualClock()
  const gamut = createGamut({
    clock,
    origins: ['https://app.example'],
    authenticate: ({ headers }) => {
      const id = /^Bearer (\w+)$/.exec(headers.get('authorization') ?? '')?.[1]
      const sid = /\bsid=(\w+)/.exec(headers.get('cookie') ?? '')?.[1]
      const name = id ?? sid
      return name ? { id: name } : null
    },
    authorize: (identity, _action, channel) => channel === `mine/${identity?.id}`,
    channels: {
      'open/*': { public: true, need: { stalenessMs: 2000 } },
      'open-keyed/*': { public: true, keyed: true },
    },
  })
  const originals = new Map<string, Original[]>()
  let requests = 0
  const origin = async (request: Request) => {
    requests++
    const response = await gamut.fetch(request)
    const isForAll = /[?&]as=(long-)?poll\b/.test(request.url) && !request.url.includes('mine')
    const body = isForAll ? await (await gamut.fetch(new Request(request.url))).text() : ''
    const { status } = response
    const original = {
      at: clock.elapsed(),
      status,
      body,
      cacheControl: response.headers.get('cache-control') ?? '',
    }
    originals.set(request.url, [...(originals.get(request.url) ?? []), original])
    return response
  }
  const cache = new SharedCache(origin, clock, kind)
  const ask = (target: string, headers: HeadersInit = {}): Promise<CachedAnswer> =>
    cache.ask(new Request(`http://gamut.test${target}`, { headers }))
  return { gamut, clock, cache, ask, originals, requests: () => requests }
}

/** A server behind a cache, and how to ask it. */
export type CachedRig = ReturnType<typeof createCachedRig>

/** The offset of a cursor. */
export function offsetOf(cursor: string): number {
  return Number(cursor.split('.')[1])
}
