import { describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { browserNames, startBrowser } from '../browsers.js'
import { endWithTest } from '../end-with-test.js'
import { startBufferingNginx, startHttp2, startZippingNginx } from '../fronts.js'
import { describeWith } from '../parts.js'
import { createSightings } from '../sightings.js'
import { startServer } from '../start-server.js'
import { startTroubledProxy, type Troubles } from '../troubled-proxy.js'

/** Connects, and records what the socket tells. */
function watchSocket(url: string) {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/channels/a`)
  const seen = createSightings<string>()
  socket.on('open', () => seen.add('open'))
  socket.on('message', (data) => seen.add(JSON.parse(String(data)).type))
  socket.on('close', () => seen.add('close'))
  socket.on('error', ({ message }) => seen.add(message))
  endWithTest(async () => socket.terminate())
  return seen
}

/** Opens an event stream; `text` is what has come of its body so far. */
async function watchStream(url: string) {
  const stop = new AbortController()
  const headers = { 'accept-encoding': 'gzip' }
  const response = await fetch(`${url}/channels/a?as=sse`, { signal: stop.signal, headers })
  const parts = createSightings<string>()
  const read = async () => {
    for await (const part of response.body?.pipeThrough(new TextDecoderStream()) ?? []) parts.add(part)
  }
  read().catch(() => {})
  endWithTest(async () => stop.abort())
  return { response, until: (word: string) => parts.until((all) => all.join('').includes(word)), parts }
}

/** A server behind a proxy with these troubles. */
async function startTroubled(troubles: Troubles = {}) {
  const server = await startServer({ heartbeatMs: 50 })
  return { server, proxy: await startTroubledProxy(server.port, troubles) }
}

describe('a troubled proxy', () => {
  it('passes everything while it has no trouble', async () => {
    const { server, proxy } = await startTroubled()
    const socket = watchSocket(proxy.url)
    const stream = await watchStream(proxy.url)
    await socket.take(1, (name) => name === 'open')
    await stream.until('$open')
    await server.gamut.publish('a', 'passed')
    await socket.take(1, (name) => name === 'batch')
    await stream.until('passed')
  })

  it('strips an upgrade, so that the handshake is answered as a plain request', async () => {
    const { proxy } = await startTroubled({ sockets: 'strip' })
    await watchSocket(proxy.url).take(1, (name) => name.includes('server response: 200'))
  })

  it('cuts a WebSocket that was open', async () => {
    const { proxy } = await startTroubled({ sockets: 'cut' })
    const socket = watchSocket(proxy.url)
    await socket.take(1, (name) => name === 'close')
    expect(socket.all.slice(0, 3)).toEqual(['open', 'welcome', 'open'])
  })

  it('lets no byte of the server through behind the head of a WebSocket', async () => {
    const server = await startServer({ heartbeatMs: 600_000 })
    const proxy = await startTroubledProxy(server.port, { sockets: 'mute' })
    const socket = watchSocket(proxy.url)
    await socket.take(1, (name) => name === 'open')
    await server.held(1)
    const other = watchSocket(server.url)
    await other.take(1, (name) => name === 'open')
    await server.gamut.publish('a', 'unheard')
    await other.take(1, (name) => name === 'batch')
    expect(socket.all).toEqual(['open'])
  })

  it('lets no byte through behind the head of a stream, and all of a poll', async () => {
    const { server, proxy } = await startTroubled({ streams: 'mute' })
    const stream = await watchStream(proxy.url)
    expect(stream.response.status).toBe(200)
    await watchSocket(server.url).take(3, (name) => name === 'heartbeat')
    expect(stream.parts.all).toEqual([])
    expect(await (await fetch(`${proxy.url}/channels/a`)).json()).toMatchObject({ messages: [] })
  })

  it('holds back what it compresses until the stream ends', async () => {
    const { server, proxy } = await startTroubled({ streams: 'gzip' })
    const stream = await watchStream(proxy.url)
    expect(stream.response.headers.get('content-encoding')).toBe('gzip')
    await watchSocket(server.url).take(3, (name) => name === 'heartbeat')
    expect(stream.parts.all).toEqual([])
    await server.close()
    await stream.until('$reconnect')
  })

  it('answers everything with a page, as a captive portal does, until it is told otherwise', async () => {
    const { proxy } = await startTroubled({ portal: 'page' })
    const answer = await fetch(`${proxy.url}/channels/a`)
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/html'])
    await watchSocket(proxy.url).take(1, (name) => name.includes('server response: 200'))
    proxy.set({})
    expect(await (await fetch(`${proxy.url}/channels/a`)).json()).toMatchObject({ messages: [] })
  })
})

describeWith(['nginx'], "nginx in front of a client's server", () => {
  it('holds back a stream, its head too, where it is told to buffer', async () => {
    const server = await startServer({ heartbeatMs: 50 })
    const url = await startBufferingNginx(server.port)
    const stream = watchStream(url)
    await watchSocket(server.url).take(3, (name) => name === 'heartbeat')
    expect(await Promise.race([stream, 'not even a head'])).toBe('not even a head')
    await server.close()
    await (await stream).until('$reconnect')
  })

  it('compresses and passes each event at once', async () => {
    const server = await startServer({ heartbeatMs: 600_000 })
    const stream = await watchStream(await startZippingNginx(server.port))
    expect(stream.response.headers.get('content-encoding')).toBe('gzip')
    await stream.until('$open')
    await server.gamut.publish('a', 'at once')
    await stream.until('at once')
  })
})

for (const name of browserNames) {
  describeWith([name, 'caddy'], `${name} as clients use it`, () => {
    it('takes a certificate that nobody has signed, and speaks HTTP/2', async () => {
      const server = await startServer()
      const url = await startHttp2(server.port)
      const browser = await startBrowser(name)
      const page = await browser.newPage()
      await page.goto(`${url}/any`)
      const protocol = `performance.getEntriesByType('navigation')[0].nextHopProtocol`
      expect(await page.evaluate(protocol)).toBe('h2')
    })
  })
}
