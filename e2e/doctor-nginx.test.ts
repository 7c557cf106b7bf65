import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { nginxWith } from './support/bad-fronts.js'
import { behindProxy, examine, findsPlanted, type Planted } from './support/doctor.js'
import { startBufferingNginx, startZippingNginx } from './support/fronts.js'
import { startNginx } from './support/nginx.js'
import { startOperateProxy } from './support/operate-proxy.js'
import { describeWith } from './support/parts.js'
import { blocks } from './support/snippet.js'
import { startServer } from './support/start-server.js'

/** A cache that keeps everything by its URL, whatever the server says of it. */
const keepsAllLines = `
  proxy_cache all;
  proxy_cache_key $request_uri;
  proxy_ignore_headers Cache-Control Expires Vary Set-Cookie;
  proxy_cache_valid any 10m;`
const zone = 'proxy_cache_path cache keys_zone=all:1m;'
const keepsAll = nginxWith(`${keepsAllLines} proxy_cache_bypass $http_upgrade;`, zone)

/** The guide to caches, as it stands, with the addresses of a test. */
async function startGuideCache(server: number): Promise<string> {
  const page = await readFile(new URL('../docs/guide/caching.md', import.meta.url), 'utf8')
  const text = (blocks(page, 'nginx')[0] ?? '')
    .replaceAll('8080', String(server))
    .replace('/var/cache/nginx/gamut', 'cache')
  return (await startNginx((port) => text.replace('listen 80', `listen 127.0.0.1:${port}`))).url
}

/** Whoever says one of two names, by a token that is the name. */
const named = {
  ...behindProxy,
  authenticate: (request: Request) => {
    const [, id] = /^Bearer (ann|bob)$/.exec(request.headers.get('authorization') ?? '') ?? []
    return id === undefined ? null : { id }
  },
  authorize: (identity: { readonly id: string } | null) => identity !== null,
}

const planted: readonly Planted[] = [
  {
    what: 'finds that it buffers, takes the upgrade away and hides the host',
    start: startBufferingNginx,
    bad: ['buffering fault', 'buffering fault', 'websocket fault', 'host warning'],
    says: [
      /^SSE: no event came within 2 s with every/,
      /^NDJSON: no event/,
      /HTTP 200, Server: nginx.*Upgrade header was taken/,
    ],
    setting: /^proxy_buffering off;/,
    mend: (setting) => nginxWith(setting.replace(/ and no .*/, '')),
  },
  {
    what: 'finds that it compresses streams',
    start: startZippingNginx,
    bad: ['compression warning'],
    says: [/^SSE and NDJSON streams are compressed on the way \(gzip\)/],
    setting: /gzip_types without text\/event-stream/,
    mend: (setting) =>
      nginxWith(
        /gzip off;/.exec(setting)?.[0] ?? '',
        'gzip on; gzip_types text/event-stream application/x-ndjson; gzip_min_length 1;',
      ),
  },
  {
    what: 'finds what it cuts in silence, and that a long-poll is answered 504',
    start: nginxWith('proxy_read_timeout 1s;'),
    bad: ['idle fault', 'idle fault', 'idle fault'],
    says: [
      /^SSE and NDJSON: closed in the middle after/,
      /^WebSocket: closed in the middle without a close code/,
      /^Long-poll: answered HTTP 504/,
    ],
    setting: /proxy_read_timeout 90s/,
    mend: (setting) => nginxWith(setting),
    isIdle: true,
  },
  {
    what: 'finds that it refuses WebSockets',
    start: nginxWith('if ($http_upgrade) { return 403; }'),
    bad: ['websocket fault'],
    says: [/answered HTTP 403 \(Server: nginx/],
    setting: /proxy_set_header Upgrade \$http_upgrade/,
    mend: (setting) => nginxWith(setting.replace(/ with the map .*/, '')),
  },
  {
    what: 'finds that it keeps what is private or no-store',
    start: keepsAll,
    bad: ['cache fault', 'cache fault'],
    says: [/^A private poll .* lacks what was published/, /^An empty long-poll \(no-store\) was kept/],
    setting: /no proxy_ignore_headers Cache-Control/,
  },
  {
    what: 'finds that it hides ETag, and the host',
    start: nginxWith('proxy_hide_header ETag; proxy_set_header Host gamut.internal;'),
    bad: ['cache warning', 'host warning'],
    says: [/^Polls arrive without the ETag/, /origin_refused/],
    setting: /no proxy_hide_header ETag/,
  },
  {
    what: 'finds that it lets no publish through, and takes the query away',
    start: nginxWith("if ($request_method = POST) { return 405; } set $args '';"),
    bad: ['reach fault', 'buffering fault', 'buffering fault'],
    says: [
      /^A publish on .* was answered HTTP 405 by nginx.*, and not by the server/,
      /^SSE is answered with another type: application\/json/,
    ],
  },
  {
    what: 'finds that it says other things of caches than the server',
    start: nginxWith(
      'proxy_hide_header Cache-Control; proxy_hide_header Vary; add_header Cache-Control "max-age=60";',
    ),
    bad: ['cache warning'],
    says: [/a private poll has Cache-Control "max-age=60", a stream has Cache-Control "max-age=60"/],
    setting: /no proxy_hide_header, expires or add_header/,
  },
]

describeWith('nginx', 'doctor behind nginx', () => {
  it('finds nothing wrong with the file of docs/operate', async () => {
    const { port } = await startServer(behindProxy)
    const args = ['--idle', '2s', '--seconds', '10']
    const { code, bad, front, published } = await examine(await startOperateProxy('nginx', port), args)
    expect({ code, bad, published, front: front.names }).toEqual({
      code: 0,
      bad: [],
      published: true,
      front: ['nginx'],
    })
  })

  it('finds nothing wrong with the guide to caches, and sees that it keeps what it may (§4)', async () => {
    const { port } = await startServer(behindProxy)
    const url = `${await startGuideCache(port)}/channels/public/news`
    const { code, bad, findings } = await examine(url, ['--publish', '--idle', '0', '--seconds', '10'])
    expect({ code, bad }).toEqual({ code: 0, bad: [] })
    expect(findings.map(({ says }) => says)).toContainEqual(expect.stringMatching(/^A shared cache answers/))
  })

  it('finds that an answer to a token is given to whoever asks', async () => {
    const { port } = await startServer(named)
    const { code, findings } = await examine(await keepsAll(port), ['--token', 'ann', '--idle', '0'])
    expect(code).toBe(1)
    expect(findings[0]).toMatchObject({ check: 'cache', severity: 'fault' })
    expect(findings[0]?.says).toMatch(/was given to one with no token: HTTP 200 where the server says 401/)
  })

  it('finds that it is given to whoever has another token', async () => {
    const { port } = await startServer(named)
    // Keeps nothing of requests without a token, and forgets which one it was.
    const keeping = nginxWith(
      `${keepsAllLines} proxy_cache_bypass $none; proxy_no_cache $none;`,
      `${zone} map $http_authorization $none { default ''; '' 1; }`,
    )
    const { findings } = await examine(await keeping(port), ['--token', 'ann', '--idle', '0'])
    expect(findings[0]?.says).toMatch(
      /was given to one with another token: HTTP 200 where the server says 401/,
    )
  })

  it('finds that operators’ routes are open, where the server takes the proxy for a program of its machine (§14)', async () => {
    const { port } = await startServer({ heartbeatMs: 600_000 })
    const { bad, findings } = await examine(await startZippingNginx(port), ['--idle', '0'])
    expect(bad).toEqual(['operators fault', 'compression warning'])
    expect(findings[0]?.says).toMatch(
      /open to everybody by this address: \/nodes, \/connections, \/trace, \/advice\.$/,
    )
    expect(findings[0]?.settings[0]).toMatchObject({
      server: 'nginx',
      setting: expect.stringMatching(/return 404/),
    })
  })

  findsPlanted('nginx', planted)
})
