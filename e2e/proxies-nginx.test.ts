import { type TransportName, transports } from '@gamut/protocol'
import { openReader, takeKind, takeMessages } from '@gamut/testing'
import { expect, it } from 'vitest'
import { startNginx } from './support/nginx.js'
import { describeWith } from './support/parts.js'
import { startServer } from './support/start-server.js'

/** What a newcomer writes: everything as nginx has it, buffering too. It asks the server in HTTP/1.0. */
const bare = (server: number) => (port: number) =>
  `
  server {
    listen 127.0.0.1:${port};
    location / { proxy_pass http://127.0.0.1:${server}; }
  }`

/** What nginx's own documentation gives for WebSockets, with `more` beside it. */
const upgrading =
  (server: number, more = '') =>
  (port: number) =>
    `
  map $http_upgrade $connection_upgrade { default upgrade; '' close; }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://127.0.0.1:${server};
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      ${more}
    }
  }`

const channel = 'read'
// Nothing but what a test publishes shall push out what nginx may hold back.
const silent = { heartbeatMs: 600_000 }

describeWith('nginx', 'behind nginx with its default buffering', () => {
  it.each([
    { transport: 'sse', how: 'bare', config: bare },
    { transport: 'ndjson', how: 'bare', config: bare },
    { transport: 'sse', how: 'upgrading', config: upgrading },
    { transport: 'ndjson', how: 'upgrading', config: upgrading },
  ] as const)('$transport arrives at once, event by event ($how, §6)', async ({ transport, config }) => {
    const { gamut, port } = await startServer(silent)
    const nginx = await startNginx(config(port))
    const reader = openReader(transport, { origin: nginx.url, channel })
    expect(await takeKind(reader, 'open')).toMatchObject({ outcome: 'live' })
    for (const data of ['1', '2', '3']) {
      await gamut.publish(channel, Number(data))
      expect(await takeMessages(reader, 1)).toMatchObject([{ message: { data } }])
    }
    reader.close()
  })

  it.each(transports)('%s reads what is there and what comes, through one URL (§4)', async (transport) => {
    const { gamut, port } = await startServer(silent)
    const nginx = await startNginx(upgrading(port))
    await gamut.publish(channel, 1)
    const reader = openReader(transport, { origin: nginx.url, channel, cursor: 'oldest', pollMs: 20 })
    await takeMessages(reader, 1)
    const published = await fetch(`${nginx.url}/channels/${channel}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '2',
    })
    expect(published.status).toBe(201)
    expect(await takeMessages(reader, 1)).toMatchObject([{ message: { data: '2' } }])
    reader.close()
  })

  it('events arrive at once although nginx compresses them (§6)', async () => {
    const { gamut, port } = await startServer(silent)
    const gzip = 'gzip on; gzip_types text/event-stream; gzip_min_length 1; gzip_http_version 1.0;'
    const nginx = await startNginx(upgrading(port, gzip))
    const stop = new AbortController()
    const { signal } = stop
    const headers = { 'accept-encoding': 'gzip' }
    const response = await fetch(`${nginx.url}/channels/${channel}?as=sse`, { headers, signal })
    expect(response.headers.get('content-encoding')).toBe('gzip')
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    expect((await reader?.read())?.value).toContain('$open')
    await gamut.publish(channel, 'at once')
    expect((await reader?.read())?.value).toContain('at once')
    stop.abort()
  })

  it('fills the first 2 KiB of events where a proxy shows itself, and only there (§6)', async () => {
    const { port, url } = await startServer(silent)
    const nginx = await startNginx(upgrading(port, 'proxy_set_header X-Forwarded-For $remote_addr;'))
    const firstBytes = async (origin: string) => {
      const stop = new AbortController()
      const response = await fetch(`${origin}/channels/${channel}?as=sse`, { signal: stop.signal })
      const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
      let text = ''
      while (!text.includes('$open')) text += (await reader?.read())?.value ?? ''
      stop.abort()
      return text.indexOf('retry:')
    }
    expect(await firstBytes(nginx.url)).toBe(2048)
    expect(await firstBytes(url)).toBe(0)
  })

  const closeOf = async (origin: string, said: string) => {
    const headers = { Origin: said }
    const reader = openReader('websocket', { origin, channel, headers })
    const first = await reader.next()
    reader.close()
    return first?.kind === 'error' ? first.code : first?.kind
  }

  it('knows its own pages by the host they asked for, if nginx passes it on (§12)', async () => {
    const { port } = await startServer(silent)
    const passing = await startNginx(upgrading(port, 'proxy_set_header Host $http_host;'))
    expect(await closeOf(passing.url, passing.url)).toBe('welcome')
    expect(await closeOf(passing.url, 'http://elsewhere.example')).toBe('origin_refused')
  })

  it('refuses its own pages where nginx hides that host, until their origin is listed (§12)', async () => {
    const first = await startServer(silent)
    const hiding = await startNginx(upgrading(first.port))
    expect(await closeOf(hiding.url, hiding.url)).toBe('origin_refused')
    await first.close()
    await startServer({ ...silent, origins: [hiding.url] }, first.port)
    expect(await closeOf(hiding.url, hiding.url)).toBe('welcome')
  })
})

describeWith('nginx', 'behind nginx while the server restarts', () => {
  it.each<TransportName>(['sse', 'websocket'])(
    '%s is told to come back, and finds the next (§10)',
    async (transport) => {
      const first = await startServer(silent)
      const nginx = await startNginx(upgrading(first.port))
      const reader = openReader(transport, { origin: nginx.url, channel })
      await takeKind(reader, 'open')
      await first.close()
      expect(await takeKind(reader, 'reconnect')).toMatchObject({ afterMs: expect.any(Number) })
      const second = await startServer(silent, first.port)
      await second.gamut.publish(channel, 'from the next')
      const { cursor = '' } = reader
      const next = openReader(transport, { origin: nginx.url, channel, cursor })
      expect(await takeKind(next, 'open')).toMatchObject({ outcome: 'gap', gap: { reason: 'epoch' } })
      next.close()
    },
  )
})
