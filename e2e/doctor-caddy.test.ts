import { expect, it } from 'vitest'
import { caddyWith } from './support/bad-fronts.js'
import { behindProxy, examine, findsPlanted, type Planted } from './support/doctor.js'
import { startHttp2 } from './support/fronts.js'
import { startOperateProxy } from './support/operate-proxy.js'
import { describeWith } from './support/parts.js'
import { startServer } from './support/start-server.js'

const planted: readonly Planted[] = [
  {
    what: 'finds that it compresses streams, and holds them back to do so',
    start: caddyWith('encode gzip', ''),
    bad: ['buffering fault', 'compression warning'],
    says: [/^SSE: no event came within 2 s with Accept-Encoding gzip;/, /^SSE streams are compressed/],
    setting: /flush_interval -1/,
    mend: (setting) => {
      const [, flush = ''] = /reverse_proxy … \{ (.*?) \}/.exec(setting) ?? []
      const [encode = ''] = /encode gzip \{.*\}/.exec(setting) ?? []
      const lines = encode.replaceAll('{', '{\n').replaceAll('}', '\n}\n').replaceAll(' header', '\nheader')
      return caddyWith(lines, flush)
    },
  },
  {
    what: 'finds that it buffers, and answers no handshake',
    start: caddyWith('', 'buffer_responses\n flush_interval 0'),
    bad: ['buffering fault', 'buffering fault', 'websocket fault'],
    says: [/^SSE: no event came/, /^NDJSON: no event came/, /handshake of a WebSocket was not answered/],
    setting: /flush_interval -1/,
  },
  {
    what: 'finds what it cuts in silence',
    start: caddyWith(
      '',
      'flush_interval -1\n transport http {\n read_timeout 1s\n response_header_timeout 1s\n }',
    ),
    bad: ['idle fault', 'idle fault', 'idle fault'],
    says: [
      /^SSE and NDJSON: ended in good form after/,
      /^WebSocket: closed/,
      /^Long-poll: answered HTTP 504/,
    ],
    setting: /without read_timeout/,
    isIdle: true,
  },
  {
    what: 'finds that it takes the upgrade and ETag away',
    start: caddyWith('', 'flush_interval -1\n header_up -Upgrade\n header_down -ETag'),
    bad: ['websocket fault', 'cache warning'],
    says: [/HTTP 200, Server: Caddy.*Upgrade header was taken/, /without the ETag/],
    setting: /no header_up -Upgrade/,
  },
]

describeWith('caddy', 'doctor behind Caddy', () => {
  it('finds nothing wrong with the file of docs/operate', async () => {
    const { port } = await startServer(behindProxy)
    const args = ['--idle', '2s', '--seconds', '10']
    const { code, bad, front } = await examine(await startOperateProxy('caddy', port), args)
    expect({ code, bad, front: front.names }).toEqual({ code: 0, bad: [], front: ['caddy'] })
  })

  it.each([
    ['h1', [], /^Readers come by HTTP\/1\.1: the server takes no HTTP\/2/],
    ['h1 h2', ['2'], /^Readers come by HTTP\/2: six connections do not bind/],
    [
      'h1 h2 h3',
      ['2', '3'],
      /^Readers come by HTTP\/2: six connections do not bind\. HTTP\/3 is named by Alt-Svc, and was not tried/,
    ],
  ])('sees that %s is spoken over TLS', async (protocols, newer, says) => {
    const { port } = await startServer(behindProxy)
    const trusting = { NODE_TLS_REJECT_UNAUTHORIZED: '0' }
    const told = await examine(await startHttp2(port, protocols), ['--idle', '0'], trusting)
    expect(told).toMatchObject({ code: 0, bad: newer.length > 0 ? [] : ['http warning'] })
    const http = told.findings.find(({ check }) => check === 'http')
    expect(http?.says).toMatch(says)
    expect(http?.seen?.['versions']).toEqual(['1.1', ...newer])
    const overHttp2 = told.findings.filter((one) =>
      one.says.startsWith('SSE over HTTP/2: the first event came'),
    )
    expect(overHttp2).toHaveLength(newer.includes('2') ? 1 : 0)
  })

  it('says what to do about a certificate that nobody trusts', async () => {
    const { port } = await startServer(behindProxy)
    await expect(examine(await startHttp2(port), [])).rejects.toThrow(/certificate .* NODE_EXTRA_CA_CERTS/)
  })

  findsPlanted('caddy', planted)
})
