import { expect, it } from 'vitest'
import { haproxyWith } from './support/bad-fronts.js'
import { behindProxy, examine, findsPlanted, type Planted } from './support/doctor.js'
import { startOperateProxy } from './support/operate-proxy.js'
import { describeWith } from './support/parts.js'
import { startServer } from './support/start-server.js'
import { until } from './support/until.js'

const planted: readonly Planted[] = [
  {
    what: 'finds that it cuts WebSockets in silence (timeout tunnel)',
    start: haproxyWith('', 'timeout tunnel 1s'),
    bad: ['idle fault'],
    says: [/^WebSocket: closed in the middle without a close code after/],
    setting: /timeout tunnel 90s/,
    mend: (setting) => haproxyWith('', setting.replaceAll(', ', '\n  '), ''),
    isIdle: true,
  },
  {
    what: 'finds that it cuts them where only a short timeout client counts',
    start: haproxyWith('', 'timeout client 1s', ''),
    bad: ['idle fault'],
    says: [/^WebSocket: closed in the middle/],
    setting: /timeout client 90s/,
    isIdle: true,
  },
  {
    what: 'finds that it cuts streams and long-polls (timeout server)',
    start: haproxyWith('', 'timeout server 1s'),
    bad: ['idle fault', 'idle fault'],
    says: [/^SSE and NDJSON: closed in the middle/, /^Long-poll: answered HTTP 504/],
    setting: /timeout server 90s/,
    isIdle: true,
  },
  {
    what: 'finds that it takes the upgrade away, and Vary and ETag',
    start: haproxyWith(
      'http-request del-header Upgrade\n  http-response del-header ETag\n  http-response del-header Vary',
    ),
    bad: ['websocket fault', 'cache warning'],
    says: [
      /without a Server header\): its Upgrade header was taken/,
      /without the ETag/,
      /^Vary does not name/,
    ],
    setting: /no http-request del-header Upgrade/,
  },
  {
    what: 'finds that it waits for a body without an end',
    start: haproxyWith('http-response wait-for-body time 10s at-least 8k'),
    bad: ['buffering fault', 'buffering fault'],
    says: [/^SSE: no event came/, /^NDJSON: no event came/],
    setting: /no http-response wait-for-body/,
  },
]

describeWith('haproxy', 'doctor behind HAProxy', () => {
  it('finds nothing wrong with the file of docs/operate', async () => {
    const { port } = await startServer(behindProxy)
    const origin = await startOperateProxy('haproxy', port)
    // It knows a server by its checks.
    await until(async () => (await fetch(`${origin}/readyz`)).status === 200)
    const { code, bad, front } = await examine(origin, ['--idle', '2s', '--seconds', '10'])
    // It names itself nowhere, and the server was told of a proxy: which one is not said.
    expect({ code, bad, front }).toEqual({ code: 0, bad: [], front: { names: [], isProxied: true } })
  })

  findsPlanted('haproxy', planted)
})
