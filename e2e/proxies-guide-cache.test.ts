import { readFile } from 'node:fs/promises'
import { transports } from '@gamut/protocol'
import type { GamutOptions } from '@gamut/server'
import { openReader, takeMessages } from '@gamut/testing'
import { Pool } from 'undici'
import { describe, expect, it } from 'vitest'
import { endWithTest } from './support/end-with-test.js'
import { startNginx } from './support/nginx.js'
import { describeWith } from './support/parts.js'
import { type RunningServer, startServer } from './support/start-server.js'
import { startVarnish } from './support/varnish.js'

const guide = new URL('../docs/guide/caching.md', import.meta.url)

/** A configuration of the guide, for the port of a server of these tests. */
async function snippet(language: 'nginx' | 'vcl', port: number): Promise<string> {
  const [, found] =
    new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 's').exec(await readFile(guide, 'utf8')) ?? []
  if (!found) throw new Error(`the guide shows no ${language}`)
  return found.replaceAll('8080', `${port}`)
}

const options: GamutOptions = {
  authenticate: (request) => {
    const name = /\bwho=(\w+)/.exec(request.headers.get('cookie') ?? '')?.[1]
    return name ? { id: name } : null
  },
  authorize: (identity, _action, channel) => channel === `mine/${identity?.id}`,
  channels: { 'public/*': { public: true, need: { stalenessMs: 120_000 } } },
  heartbeatMs: 600_000,
}

const caches = {
  nginx: async ({ port }: RunningServer) => {
    const text = (await snippet('nginx', port)).replace('/var/cache/nginx/gamut', 'cache')
    return startNginx((own) => text.replace('listen 80', `listen 127.0.0.1:${own}`))
  },
  varnish: async ({ port }: RunningServer) => startVarnish(await snippet('vcl', port)),
}

/** Asks for one URL so many times, over connections that are kept, a few at once. */
async function crowd(url: string, path: string, count: number): Promise<Set<string>> {
  const pool = new Pool(url, { connections: 20 })
  endWithTest(() => pool.close())
  const bodies = new Set<string>()
  const ask = async () => {
    for (let n = 0; n < count / 20; n++) {
      const headers = { cookie: `who=reader${n}`, authorization: `Bearer ${n}` }
      bodies.add(await (await pool.request({ path, method: 'GET', headers })).body.text())
    }
  }
  await Promise.all(Array.from({ length: 20 }, ask))
  return bodies
}

const countOf = ({ requests }: RunningServer, part: string) =>
  requests.all.filter(({ target }) => target.includes(part)).length

describe.each(['nginx', 'varnish'] as const)('the guide', (name) => {
  describeWith(name, `puts ${name} in front of public channels`, () => {
    async function start() {
      const server = await startServer(options)
      const { url } = await caches[name](server)
      return { server, gamut: server.gamut, url }
    }

    it('and ten thousand polls of a period are one at the server (§4)', async () => {
      const { server, gamut, url } = await start()
      await gamut.publish('public/news', 'for all')
      const bodies = await crowd(url, '/channels/public/news?as=poll', 10_000)
      expect([...bodies]).toEqual([expect.stringContaining('for all')])
      expect(countOf(server, 'as=poll')).toBe(1)
    })

    it('and equal long-polls wait as one, and are released together (§4)', async () => {
      const { server, gamut, url } = await start()
      const { cursor } = await gamut.publish('public/news', 'before')
      const target = `${url}/channels/public/news?as=long-poll&wait=50&cursor=${cursor}`
      const waiting = Array.from({ length: 20 }, async () => (await fetch(target)).text())
      await server.held(1)
      await gamut.publish('public/news', 'after')
      const bodies = new Set(await Promise.all(waiting))
      expect([...bodies]).toEqual([expect.stringContaining('after')])
      expect(countOf(server, 'as=long-poll')).toBe(1)
    })

    it('and private answers go from the server to their reader alone (I22)', async () => {
      const { server, gamut, url } = await start()
      await gamut.publish('mine/ann', 'for ann')
      for (const query of ['', '?as=poll', '?as=long-poll&wait=0&cursor=oldest', '?info']) {
        const ask = async (who: string) =>
          (await fetch(`${url}/channels/mine/ann${query}`, { headers: { cookie: `who=${who}` } })).status
        const before = countOf(server, 'mine/ann')
        expect([await ask('eve'), await ask('ann'), await ask('eve'), await ask('ann')]).toEqual([
          403, 200, 403, 200,
        ])
        expect(countOf(server, 'mine/ann') - before).toBe(4)
      }
    })

    it('and no refusal of a public channel is kept (§13)', async () => {
      const { server, url } = await start()
      for (const path of [
        'public/news?as=poll&cursor=none',
        'public/news?as=poll&limit=0',
        'public/a%2Fb?as=poll',
      ]) {
        const before = countOf(server, path)
        for (const _turn of [1, 2]) expect((await fetch(`${url}/channels/${path}`)).status).toBe(400)
        expect(countOf(server, path) - before).toBe(2)
      }
    })

    it.each(transports)('and a reader of one follows by %s, whatever is kept', async (transport) => {
      const { gamut, url } = await start()
      for (const data of [1, 2, 3]) await gamut.publish('public/news', data)
      const reader = openReader(transport, {
        origin: url,
        channel: 'public/news',
        cursor: 'oldest',
        limit: 1,
      })
      const messages = await takeMessages(reader, 3)
      expect(messages.map(({ message }) => message.data)).toEqual(['1', '2', '3'])
      reader.close()
    })
  })
})
