import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { brotliCompressSync } from 'node:zlib'
import { metricDefinitions } from '@gamut/server'
import { openReader, openSocketReader, rawRequest, takeKind, takeMessages } from '@gamut/testing'
import { describe, expect, it } from 'vitest'
import { type RunningGamut, startGamut } from '../../../e2e/support/gamut.js'
import { startProcess } from '../../../e2e/support/start-process.js'
import { runCommand } from './run-command.js'
import { temporaryFiles } from './temporary-files.js'

/** A metric as the exposition format gives it. */
interface Exposed {
  kind: string
  help: string
  readonly samples: Map<string, number>
}

/** Reads Prometheus' text format, refusing any line that is none of it. */
function parseExposition(text: string): ReadonlyMap<string, Exposed> {
  const metrics = new Map<string, Exposed>()
  let current = { name: '', metric: { kind: '', help: '', samples: new Map() } as Exposed }
  for (const line of text.split('\n').filter((one) => one !== '')) {
    const [, word, name = '', rest = ''] = /^# (HELP|TYPE) (\w+) (.*)$/.exec(line) ?? []
    if (word === 'HELP') {
      current = { name, metric: { kind: '', help: rest, samples: new Map() } }
      metrics.set(name, current.metric)
    } else if (word === 'TYPE') current.metric.kind = rest
    else {
      const [, full = '', labels = '', value = ''] = /^(\w+)(\{[^}]*\})? (\S+)$/.exec(line) ?? []
      const base = current.metric.kind === 'histogram' ? full.replace(/_(bucket|sum|count)$/, '') : full
      if (base !== current.name) throw new Error(`a line outside of its metric: ${line}`)
      current.metric.samples.set(`${full}${labels}`, Number(value))
    }
  }
  return metrics
}

async function scrape(server: RunningGamut) {
  const response = await fetch(`${server.url}/metrics`)
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  return parseExposition(await response.text())
}

const post = (url: string, body: string) =>
  fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })

describe('metrics', () => {
  it('have every name with its kind and help, and Node’s own beside them (§14)', async () => {
    const metrics = await scrape(await startGamut())
    for (const [name, { kind, help }] of Object.entries(metricDefinitions)) {
      expect({ name, ...metrics.get(name) }).toMatchObject({ name, kind, help })
    }
    for (const name of ['process_resident_memory_bytes', 'nodejs_eventloop_lag_p99_seconds']) {
      expect(metrics.get(name)?.samples.size).toBeGreaterThan(0)
    }
  })

  it('count what happened, however often they are asked for (§14)', async () => {
    const server = await startGamut()
    const url = `${server.url}/channels/room/a`
    const reader = openReader('sse', { origin: server.url, channel: 'room/a', cursor: 'newest' })
    await takeKind(reader, 'open')
    for (const data of ['1', '2', '3']) await post(url, data)
    await takeMessages(reader, 3)
    expect((await post(url, 'x')).status).toBe(400)
    await scrape(server)
    const metrics = await scrape(server)
    const value = (name: string, labels = '') => metrics.get(name)?.samples.get(`${name}${labels}`)
    expect(value('gamut_published_total')).toBe(3)
    expect(value('gamut_connections', '{transport="sse",state="live"}')).toBe(1)
    expect(value('gamut_connections_opened_total', '{transport="sse"}')).toBe(1)
    expect(value('gamut_deliveries_total', '{transport="sse"}')).toBe(3)
    expect(value('gamut_refusals_total', '{code="body_invalid"}')).toBe(1)
    const publishes = metrics.get('gamut_publish_seconds')?.samples
    expect(publishes?.get('gamut_publish_seconds_count')).toBe(3)
    expect(publishes?.get('gamut_publish_seconds_bucket{le="+Inf"}')).toBe(3)
    reader.close()
  })
})

describe('serve', () => {
  it('answers whether it lives and is ready, under its base path', async () => {
    const server = await startGamut(['--base-path', '/live'])
    for (const path of ['/live/healthz', '/live/readyz']) {
      expect((await fetch(`${server.url}${path}`)).status).toBe(200)
    }
  })

  it('says where it listens, which channels there are and what to try, and what it says works', async () => {
    const channels = { 'chat/:room': {}, 'state/*': { keyed: true }, cpu: { publish: 'server' } }
    const directory = temporaryFiles({ 'a.json': JSON.stringify({ channels }) })
    const server = await startGamut(['--config', `${directory}/a.json`])
    const output = await server.waitFor((text) => text.includes('Ctrl-C') && text)
    for (const pattern of Object.keys(channels)) expect(output).toContain(`  ${pattern} `)
    const line = (name: string) => new RegExp(`^  ${name} +(.*)$`, 'm').exec(output)?.[1] ?? ''
    const publish = startProcess({ command: 'sh', args: ['-c', `${line('publish')} --silent`] })
    await publish.exited
    expect(publish.output()).toContain('"cursor"')
    const poll = startProcess({ command: 'sh', args: ['-c', `${line('poll')} --silent`] })
    await poll.exited
    expect(poll.output()).toContain('"outcome":"live"')
  })

  it('gives its events as JSON lines', async () => {
    const server = await startGamut(['--json'])
    expect(JSON.parse(server.output().split('\n')[0] ?? '')).toMatchObject({
      event: 'listening',
      url: server.url,
      port: server.port,
    })
  })

  it('has an entrance for operators alone where one is asked for, and says so (§14)', async () => {
    const server = await startGamut(['--operations-port', '0'])
    const output = await server.waitFor((text) => text.includes('Ctrl-C') && text)
    const [, url] = /operators +(http:\S+)/.exec(output) ?? []
    expect((await fetch(`${url}/metrics`)).status).toBe(200)
    expect((await fetch(`${server.url}/metrics`)).status).toBe(404)
  })

  it('logs as JSON on standard error from the level that is asked for on', async () => {
    const server = await startGamut(['--log-level', 'info', '--json'])
    const lines = await server.waitFor((text) => text.includes('"msg":"listening"') && text.split('\n'))
    const log = lines.find((line) => line.includes('"msg":"listening"')) ?? ''
    expect(JSON.parse(log)).toMatchObject({ level: 30, url: server.url })
  })
})

describe('static files', () => {
  it('are served at / beside the channels, but for hidden ones, whatever is asked (§14)', async () => {
    const directory = temporaryFiles({ 'index.html': '<h1>page</h1>', '.env': 'secret' })
    mkdirSync(join(directory, 'sub'))
    writeFileSync(join(directory, 'sub', 'a.js'), 'let a')
    const server = await startGamut(['--static', directory])
    const get = async (target: string, headers = {}) => {
      const answer = await rawRequest({ port: server.port, target, headers })
      return { status: answer.status, text: await answer.text() }
    }
    expect(await get('/')).toEqual({ status: 200, text: '<h1>page</h1>' })
    expect(await get('/?a=b')).toEqual({ status: 200, text: '<h1>page</h1>' })
    expect(await get('/sub/a.js')).toEqual({ status: 200, text: 'let a' })
    for (const target of [
      '/.env',
      '/%2eenv',
      '/sub/../.env',
      '/../package.json',
      '/nowhere',
      '/%',
      '//.env',
    ]) {
      expect(await get(target)).toMatchObject({ status: 404, text: expect.not.stringContaining('secret') })
    }
    expect(await get('/', { range: 'bytes=5-3' })).toEqual({ status: 200, text: '<h1>page</h1>' })
    expect((await fetch(`${server.url}/`, { method: 'POST' })).status).toBe(404)
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
  })

  it('are sent compressed to whoever takes that, where a compressed one lies beside the file', async () => {
    const directory = temporaryFiles({ 'a.js': 'let a', 'b.js': 'let b' })
    writeFileSync(join(directory, 'a.js.br'), brotliCompressSync('let a'))
    const server = await startGamut(['--static', directory])
    const get = async (name: string, encoding: string) => {
      const answer = await fetch(`${server.url}/${name}`, { headers: { 'accept-encoding': encoding } })
      return [answer.headers.get('content-encoding'), answer.headers.get('vary'), await answer.text()]
    }
    expect(await get('a.js', 'gzip, br')).toEqual(['br', 'Accept-Encoding', 'let a'])
    expect(await get('a.js', 'gzip')).toEqual([null, 'Accept-Encoding', 'let a'])
    expect(await get('b.js', 'gzip, br')).toEqual([null, 'Accept-Encoding', 'let b'])
  })
})

describe('a server for its own machine', () => {
  it('lets everybody read and publish everything but the server’s own channels (§12)', async () => {
    const server = await startGamut()
    expect((await post(`${server.url}/channels/any/name`, '1')).status).toBe(201)
    expect((await post(`${server.url}/channels/$nodes`, '1')).status).toBe(403)
    expect((await fetch(`${server.url}/channels/$nodes`)).status).toBe(403)
  })

  it('refuses to be asked by a foreign name, which a page of any site could have point here', async () => {
    const server = await startGamut(['--origins', 'http://app.example'])
    const ask = async (Host: string) =>
      (await rawRequest({ port: server.port, target: '/channels/a', headers: { Host } })).status
    for (const host of ['evil.example', 'evil.example:80', 'localhost.evil.example', 'EVIL.EXAMPLE']) {
      expect(await ask(host)).toBe(403)
    }
    for (const host of ['localhost', 'a.localhost:1', '127.0.0.1:1', '[::1]:1', 'gateway', 'app.example']) {
      expect(await ask(host)).toBe(200)
    }
    const socket = openSocketReader({
      origin: server.url,
      channel: 'a',
      headers: { Host: 'evil.example' },
    })
    expect(await takeKind(socket, 'closed')).toMatchObject({ status: 403 })
  })

  it('keeps nothing of a WebSocket under a foreign name, and outlives one that is reset', async () => {
    const server = await startGamut()
    const handshake =
      'GET /connect HTTP/1.1\r\nHost: evil.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
    const open = async () => {
      const peer = connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true })
      peer.on('error', () => {})
      await once(peer, 'connect')
      peer.write(handshake)
      return peer
    }
    const stays = await open()
    stays.resume()
    await once(stays, 'end')
    // Whoever is gone answers a byte by a reset.
    await expect.poll(() => stays.destroyed || !stays.write('x')).toBe(true)
    for (let count = 0; count < 50; count++) (await open()).resetAndDestroy()
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
  })

  it('becomes one for everybody by --public', async () => {
    const server = await startGamut(['--host', '0.0.0.0', '--public'])
    const headers = { Host: 'app.example' }
    expect((await rawRequest({ port: server.port, target: '/channels/a', headers })).status).toBe(200)
    expect((await runCommand(['publish', 'a', '1', '--url', server.url])).code).toBe(0)
  })
})
