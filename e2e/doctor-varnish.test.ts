import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { varnishWith } from './support/bad-fronts.js'
import { behindProxy, examine, findsPlanted, type Planted } from './support/doctor.js'
import { describeWith } from './support/parts.js'
import { blocks } from './support/snippet.js'
import { startServer } from './support/start-server.js'
import { startVarnish } from './support/varnish.js'

async function startGuide(): Promise<string> {
  const { port } = await startServer(behindProxy)
  const page = await readFile(new URL('../docs/guide/caching.md', import.meta.url), 'utf8')
  return (await startVarnish((blocks(page, 'vcl')[0] ?? '').replace('"8080"', `"${port}"`))).url
}

const planted: readonly Planted[] = [
  {
    what: 'finds that it keeps everything, streams too',
    start: varnishWith(`
        sub vcl_recv { if (!req.http.Upgrade && req.method == "GET") { return (hash); } }
        sub vcl_backend_response { set beresp.ttl = 10m; return (deliver); }`),
    bad: ['cache fault', 'cache fault', 'cache fault'],
    says: [/^A private poll/, /^An empty long-poll/, /^A second reader .* given the stream of the first/],
    setting: /set beresp.uncacheable = true/,
    mend: (setting) =>
      varnishWith(`
        sub vcl_recv { if (!req.http.Upgrade && req.method == "GET") { return (hash); } }
        sub vcl_backend_response { ${/if \(beresp.*\}/.exec(setting)?.[0] ?? ''} }`),
  },
  {
    what: 'finds that it waits for a body without an end',
    start: varnishWith('sub vcl_backend_response { set beresp.do_stream = false; }'),
    bad: ['buffering fault', 'buffering fault'],
    says: [/^SSE: no event came/, /^NDJSON: no event came/],
    setting: /return \(pass\).* no beresp\.do_stream = false/,
  },
  {
    what: 'finds what it cuts in silence',
    start: varnishWith('', '.first_byte_timeout = 1s; .between_bytes_timeout = 1s;'),
    bad: ['idle fault', 'idle fault'],
    says: [/^SSE and NDJSON: closed in the middle/, /^Long-poll: answered HTTP 503/],
    setting: /between_bytes_timeout/,
    mend: (setting) => varnishWith('', setting.replace(/ and varnishd .*/, '')),
    isIdle: true,
  },
  {
    what: 'finds that it takes the upgrade away, as it does by itself',
    start: varnishWith('sub vcl_recv { return (pass); }'),
    bad: ['websocket fault'],
    says: [/HTTP 200, .*its Upgrade header was taken away/],
    setting: /return \(pipe\)/,
  },
]

describeWith('varnish', 'doctor behind Varnish', () => {
  it('finds nothing wrong with the guide to caches', async () => {
    const { code, bad, front } = await examine(await startGuide(), ['--idle', '2s', '--seconds', '10'])
    expect({ code, bad, front: front.names }).toEqual({ code: 0, bad: [], front: ['varnish'] })
  })

  it('sees that a public channel is answered for everybody (§4)', async () => {
    const { code, bad, findings } = await examine(`${await startGuide()}/channels/public/news`, [
      '--idle',
      '0',
    ])
    expect({ code, bad }).toEqual({ code: 0, bad: [] })
    const says = findings.map((finding) => finding.says)
    expect(says).toContainEqual(expect.stringMatching(/^A shared cache answers .*X-Varnish/))
  })

  findsPlanted('varnish', planted)
})
