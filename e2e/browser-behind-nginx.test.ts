import type { Browser } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { startChromium } from './support/chromium.js'
import { startNginx } from './support/nginx.js'
import { describeWith } from './support/parts.js'
import { openRecorder, type PageEvent } from './support/recorder.js'
import { startServer } from './support/start-server.js'

const named = (name: string) => (event: PageEvent) => event.name === name
const messages = (all: readonly PageEvent[]) => all.filter(named('message')).map(({ data }) => data)

/**
 * nginx that passes the host on, so that pages are the server's own, and that answers for a server that is away what
 * the server itself would: an EventSource gives up for ever on nginx's own 502.
 */
const standingIn = (server: number) => (port: number) =>
  `
  map $http_upgrade $connection_upgrade { default upgrade; '' close; }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://127.0.0.1:${server};
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      proxy_set_header X-Forwarded-For $remote_addr;
      error_page 502 504 = @away;
    }
    location @away {
      default_type text/event-stream;
      add_header Cache-Control no-store;
      if ($http_accept = 'text/event-stream') { return 200 "retry: 300\\n\\n"; }
      return 503;
    }
  }`

describeWith(['nginx', 'chromium'], 'a browser behind nginx', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await startChromium()
  })

  it('reads events at once, publishes and speaks frames as a page of the server (§6, §7, §12)', async () => {
    const { port } = await startServer({ heartbeatMs: 600_000 })
    const { url } = await startNginx(standingIn(port))
    const page = await openRecorder(browser, url)
    await page.listen('/channels/passed')
    await page.take(1, named('$open'))
    const headers = { 'content-type': 'application/json' }
    const published = await page.ask('/channels/passed', { method: 'POST', headers, body: '"through"' })
    expect(published.status).toBe(201)
    expect(messages(await page.take(1, named('message')))).toEqual(['"through"'])
    await page.connect('/channels/passed')
    await page.until((all) => all.some(({ name, data }) => name === 'frame' && data?.includes('through')))
  })

  it('outlives a server that is away, where nginx stands in for it (§6, §10)', async () => {
    const first = await startServer({ heartbeatMs: 600_000, random: () => 0 })
    const { url } = await startNginx(standingIn(first.port))
    await first.gamut.publish('deployed', 1)
    const page = await openRecorder(browser, url)
    await page.listen('/channels/deployed')
    await page.take(1, named('message'))
    await first.close()
    // The cut of the stream, and two answers of nginx.
    await page.take(3, named('error'))
    const second = await startServer({}, first.port)
    await second.gamut.publish('deployed', 2)
    expect(messages(await page.take(2, named('message')))).toEqual(['1', '2'])
    expect(page.all.some(({ state }) => state === 2)).toBe(false)
    const [, opened] = page.all.filter(named('$open'))
    expect(JSON.parse(opened?.data ?? '')).toMatchObject({ outcome: 'gap', gap: { reason: 'epoch' } })
  })
})
