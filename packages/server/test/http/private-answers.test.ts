import { describe, expect, it } from 'vitest'
import { doorHooks, jwtDoor } from '../../src/doors/index.js'
import { secret, sign } from '../doors/token.js'
import { createRig, readUntil } from '../rig.js'

const gamut = { read: ['room', 'keyed', 'open', 'other', 'ended'], publish: ['*'], close: ['*'] }
const own = 'https://gamut.test'
const listed = 'https://app.example'

/** Everybody who can ask: who they are, by what, and from which page. */
const askers: Readonly<Record<string, Record<string, string>>> = {
  nobody: {},
  'ann by a token': { authorization: `Bearer ${sign({ gamut })}` },
  'bob by a token': { authorization: `Bearer ${sign({ sub: 'bob', gamut: { read: ['x'] } })}` },
  'ann by a cookie': { cookie: `token=${sign({ gamut })}` },
  'ann by a cookie from her page': { cookie: `token=${sign({ gamut })}`, origin: own },
  'ann by a cookie from a listed page': { cookie: `token=${sign({ gamut })}`, origin: listed },
  'a wrong token': { authorization: 'Bearer x' },
  'a wrong API key': { 'x-api-key': 'gk_x' },
  'a foreign page': { cookie: `token=${sign({ gamut })}`, origin: 'https://evil.example' },
}

const json = { 'content-type': 'application/json' }
/** Every route and form of answer, and whether shared caches may keep it. */
const requests: readonly (readonly [target: string, init?: RequestInit & { readonly headers?: object }])[] = [
  ['/channels/room'],
  ['/channels/room?as=poll'],
  ['/channels/room?as=poll', { headers: { 'if-none-match': '*' } }],
  ['/channels/room?as=poll&cursor=nonsense'],
  ['/channels/room?as=long-poll'],
  ['/channels/room?as=long-poll&cursor=newest&wait=0'],
  ['/channels/room?wait=0'],
  ['/channels/room?as=sse'],
  ['/channels/room?as=ndjson'],
  ['/channels/room?as=websocket'],
  ['/channels/room?info'],
  ['/channels/room', { method: 'HEAD' }],
  ['/channels/room', { headers: { 'last-event-id': 'x' } }],
  ['/channels/keyed?as=poll'],
  ['/channels/ended?as=poll'],
  ['/channels/ended?as=sse&cursor=newest'],
  ['/channels?channel=room&channel=other&as=poll'],
  ['/channels?channel=room&channel=open&as=poll'],
  ['/channels?channel=open&channel=room&as=long-poll'],
  ['/channels/open'],
  ['/channels/open', { headers: { accept: 'text/event-stream' } }],
  ['/channels/open?as=sse'],
  ['/channels/open?as=ndjson'],
  ['/channels/open?as=long-poll&cursor=newest&wait=0'],
  ['/channels/open?info'],
  ['/channels/open?as=poll', { headers: { 'last-event-id': 'x' } }],
  ['/channels/open?as=poll&cursor=nonsense'],
  ['/channels/failing?as=poll'],
  ['/channels/room', { method: 'POST', body: '1', headers: json }],
  ['/channels/room', { method: 'POST', body: '{', headers: json }],
  ['/channels/keyed?key=k', { method: 'DELETE' }],
  ['/channels/room', { method: 'PUT' }],
  ['/channels/room', { method: 'OPTIONS', headers: { 'access-control-request-method': 'GET' } }],
  ['/publish', { method: 'POST', body: '{"messages":[{"channel":"room","data":1}]}', headers: json }],
  ['/connect'],
  ['/channels'],
  ['/channels/'],
  ['/nowhere'],
  ['/healthz'],
  ['/readyz'],
  ['/metrics'],
]
const shared = [
  '/channels/open?as=poll',
  '/channels/open?as=long-poll&wait=0',
  '/channels?channel=open&as=poll',
]

async function startRig() {
  const rig = createRig({
    ...doorHooks([jwtDoor({ secret }, { cookie: 'token' })]),
    origins: [listed],
    channels: {
      open: { public: true },
      keyed: { keyed: true },
      failing: { public: true, source: { load: () => Promise.reject(new Error('down')), everyMs: 1000 } },
    },
  })
  for (const channel of ['room', 'open', 'other', 'ended']) await rig.gamut.publish(channel, `of ${channel}`)
  await rig.gamut.publish('keyed', 'of keyed', { key: 'k' })
  await rig.gamut.close('ended')
  const ask = async (target: string, asker: string, init: RequestInit = {}) => {
    const headers = { host: 'gamut.test', ...init.headers, ...askers[asker] }
    const response = await rig.ask(target, { ...init, headers })
    const isStream =
      /as=sse|as=ndjson/.test(target) || response.headers.get('content-type') === 'text/event-stream'
    const text =
      isStream && response.ok ? await readUntil(response, (read) => read !== '') : await response.text()
    return { status: response.status, headers: Object.fromEntries(response.headers), text }
  }
  return { ...rig, ask }
}

describe('an answer that somebody gets', () => {
  it.each(requests.map(([target, init = {}]) => [target, init] as const))(
    'is kept by no shared cache: %s %j (§4, I22)',
    async (target, init) => {
      const { ask } = await startRig()
      for (const asker of Object.keys(askers)) {
        const { status, headers, text } = await ask(target, asker, init)
        const control = headers['cache-control'] ?? ''
        expect({ asker, status, control }).toEqual({
          asker,
          status,
          control: expect.stringMatching(
            status >= 400 ? /^no-store$/ : /^(?:no-store(?:, no-transform)?|private, no-cache)$/,
          ),
        })
        expect(Object.keys(headers)).not.toContain('set-cookie')
        // What nobody’s identity is looked at for is for pages of all origins, also where it is not kept.
        const isForAll = /^\/channels\/(?:open|failing)\?as=(?:long-)?poll/.test(target)
        expect(['*', listed, undefined].slice(isForAll ? 0 : 1)).toContain(
          headers['access-control-allow-origin'],
        )
        if (status === 401) expect(headers['www-authenticate']).toBe('Bearer')
        // Who may not read it gets no byte of it.
        if (!asker.startsWith('ann')) expect(text).not.toMatch(/of (?:room|other|keyed|ended)/)
      }
    },
  )

  it('that a browser keeps by itself depends on everything that says who asks (§4)', async () => {
    const { ask } = await startRig()
    for (const target of ['/channels/room', '/channels/room?as=poll', '/channels/room?as=long-poll']) {
      const { headers } = await ask(target, 'ann by a token')
      expect(headers['cache-control']).toBe('private, no-cache')
      expect(headers['vary']?.split(', ')).toEqual(
        expect.arrayContaining(['Authorization', 'Cookie', 'X-API-Key', 'Origin']),
      )
    }
  })

  it('is 304 only for who may read it, whatever tag they know (§4, I21)', async () => {
    const { ask } = await startRig()
    const { headers } = await ask('/channels/room?as=poll', 'ann by a token')
    const init = { headers: { 'if-none-match': headers['etag'] ?? '' } }
    const answers = Object.keys(askers).map(async (asker) => [
      asker,
      (await ask('/channels/room?as=poll', asker, init)).status,
    ])
    expect(Object.fromEntries(await Promise.all(answers))).toEqual({
      nobody: 401,
      'ann by a token': 304,
      'bob by a token': 403,
      'ann by a cookie': 304,
      'ann by a cookie from her page': 304,
      'ann by a cookie from a listed page': 304,
      'a wrong token': 401,
      'a wrong API key': 401,
      'a foreign page': 403,
    })
  })
})

describe('an answer for everybody', () => {
  it.each(shared)('is the same whoever asks for %s, in every header and byte (§4, I22)', async (target) => {
    const { ask } = await startRig()
    const first = await ask(target, 'nobody')
    expect(first).toMatchObject({ status: 200, text: expect.stringContaining('of open') })
    expect(first.headers['cache-control']).toMatch(/^public, max-age=\d+, stale-while-revalidate=1$/)
    expect(first.headers['access-control-allow-origin']).toBe('*')
    expect(Object.keys(first.headers)).not.toEqual(expect.arrayContaining(['vary']))
    const init = { headers: { 'if-none-match': first.headers['etag'] ?? '' } }
    const unchanged = await ask(target, 'nobody', init)
    expect(unchanged.status).toBe(304)
    for (const asker of Object.keys(askers)) {
      expect(await ask(target, asker)).toEqual(first)
      expect(await ask(target, asker, init)).toEqual(unchanged)
    }
  })
})
