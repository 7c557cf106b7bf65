import type { GamutOptions } from '@gamut/server'
import { openReader, takeKind, takeMessages } from '@gamut/testing'
import { expect, it } from 'vitest'
import { startNginx } from './support/nginx.js'
import { describeWith } from './support/parts.js'
import { type RunningServer, startServer } from './support/start-server.js'

/** A shared cache that obeys `Cache-Control`; of many that ask for one thing at once it lets one through. */
const caching =
  (server: number, more = '') =>
  (port: number) =>
    `
  proxy_cache_path cache keys_zone=shared:1m;
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://127.0.0.1:${server};
      proxy_http_version 1.1;
      proxy_cache shared;
      proxy_cache_key $host$request_uri;
      proxy_cache_lock on;
      proxy_cache_use_stale updating;
      add_header X-Cache $upstream_cache_status always;
      ${more}
    }
  }`

const caches = [
  { name: 'a cache', more: '' },
  { name: 'a hostile cache, blind to Vary', more: 'proxy_ignore_headers Vary;' },
]

const options: GamutOptions = {
  authenticate: (request) => {
    const name = /^Bearer (\w+)$/.exec(request.headers.get('authorization') ?? '')?.[1]
    return name ? { id: name } : null
  },
  authorize: (identity) => identity?.id === 'ada',
  channels: {
    'open/news': { public: true, need: { stalenessMs: 1000 } },
    'open/slow': { public: true, need: { stalenessMs: 60_000 } },
  },
  heartbeatMs: 600_000,
}

interface Answer {
  readonly status: number
  readonly body: string
  readonly cache: string | null
}

async function ask(url: string, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await fetch(url, { headers })
  return { status: response.status, body: await response.text(), cache: response.headers.get('x-cache') }
}

const reads = ({ requests }: RunningServer) => requests.all.length

describeWith('nginx', 'behind nginx that caches', () => {
  async function start(more = '') {
    const server = await startServer(options)
    const { url } = await startNginx(caching(server.port, more))
    return { server, gamut: server.gamut, url }
  }

  it('any number of polls of a public channel cost the server a request a period (§4)', async () => {
    const { server, gamut, url } = await start()
    const target = `${url}/channels/open/news?as=poll`
    await gamut.publish('open/news', 'first')
    let polls = 0
    const crowd = () => {
      polls += 50
      return Promise.all(Array.from({ length: 50 }, () => ask(target)))
    }
    for (const { status, body } of await crowd()) {
      expect(status).toBe(200)
      expect(body).toContain('first')
    }
    await gamut.publish('open/news', 'second')
    let answers = await crowd()
    while (!answers.every(({ body }) => body.includes('second'))) answers = await crowd()
    // One as each period begins; a cache that is short of processor time begins some too early.
    expect(reads(server)).toBeLessThan(polls / 10)
    expect(reads(server)).toBeGreaterThan(1)
  })

  it('a poll through the cache may be read by any page, whoever asked first (§4)', async () => {
    const { gamut, url } = await start()
    const target = `${url}/channels/open/slow?as=poll`
    await gamut.publish('open/slow', 1)
    await fetch(target)
    const second = await fetch(target, { headers: { origin: 'http://elsewhere.example', cookie: 'who=eve' } })
    expect(second.headers.get('x-cache')).toBe('HIT')
    expect(second.headers.get('access-control-allow-origin')).toBe('*')
    expect(second.headers.get('vary')).toBeNull()
  })

  it.each(caches)(
    '$name gives no private answer and no refusal to another reader (§4, I22)',
    async ({ more }) => {
      const { gamut, url } = await start(more)
      await gamut.publish('mine', 'for ada')
      await gamut.publish('open/news', 'for all')
      const ada = { authorization: 'Bearer ada' }
      const eve = { authorization: 'Bearer eve' }
      for (const path of ['mine', 'mine?as=poll', 'mine?as=long-poll&cursor=oldest', 'mine?info']) {
        const target = `${url}/channels/${path}`
        // A refusal first, which must not be what ada gets; then hers, which nobody else may get.
        expect(await ask(target)).toMatchObject({ status: 401, cache: 'MISS' })
        expect(await ask(target, ada)).toMatchObject({ status: 200, cache: 'MISS' })
        expect(await ask(target, eve)).toMatchObject({ status: 403, cache: 'MISS' })
        expect(await ask(target)).toMatchObject({ status: 401, cache: 'MISS' })
        expect(await ask(target, ada)).toMatchObject({ status: 200, cache: 'MISS' })
      }
    },
  )

  it.each(caches)(
    '$name gives nobody an answer in the form that another asked for (§4)',
    async ({ more }) => {
      const { gamut, url } = await start(more)
      await gamut.publish('open/news', 1)
      const origin = url
      const channel = 'open/news'
      expect((await ask(`${url}/channels/${channel}`)).body).toContain('"outcome":"live"')
      for (const transport of ['sse', 'ndjson', 'long-poll'] as const) {
        const reader = openReader(transport, { origin, channel, ask: 'headers' })
        expect(await takeMessages(reader, 1)).toMatchObject([{ message: { data: '1' } }])
        reader.close()
      }
      expect((await ask(`${url}/channels/${channel}`)).body).toContain('"outcome":"live"')
    },
  )

  it('no error and no empty wait is kept, on a public channel either (§4)', async () => {
    const { gamut, url } = await start()
    const { cursor } = await gamut.publish('open/slow', 'known')
    for (const query of ['as=poll&cursor=none', 'as=poll&limit=0', 'as=sse&cursor=none']) {
      const target = `${url}/channels/open/slow?${query}`
      for (const turn of [1, 2])
        expect(await ask(target), `${turn}`).toMatchObject({ status: 400, cache: 'MISS' })
    }
    const wait = `${url}/channels/open/slow?as=long-poll&wait=0&cursor=${cursor}`
    for (const turn of [1, 2])
      expect(await ask(wait), `${turn}`).toMatchObject({ status: 200, cache: 'MISS' })
    await gamut.publish('open/slow', 'new')
    const answers = [await ask(wait), await ask(wait)]
    for (const { body } of answers) expect(JSON.parse(body)).toMatchObject({ messages: [{ data: 'new' }] })
    // What follows a cursor stays what follows it, so that may be kept.
    expect(answers.map(({ cache }) => cache)).toEqual(['MISS', 'HIT'])
  })

  it('a restarted server is not hidden by what is kept of the one before for longer than a period (§4, §5)', async () => {
    const { server, gamut, url } = await start()
    const { cursor } = await gamut.publish('open/news', 'of the first')
    const target = { origin: url, channel: 'open/news', cursor, query: { as: 'poll' } }
    await ask(`${url}/channels/open/news?as=poll&cursor=${cursor}`)
    await server.close()
    await startServer(options, server.port)
    const reader = openReader('poll', { ...target, query: {}, pollMs: 50 })
    expect(await takeKind(reader, 'gap')).toMatchObject({ reason: 'epoch' })
    reader.close()
  })
})
