import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { rawRequest } from '@gamut/testing'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createGamut } from '../../src/index.js'
import { attach } from '../../src/node/index.js'
import { collect, openPeer, socketsOf, start } from './rig.js'

const h2c = { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAMAAABkAAQAAP__' }
const webSocket = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
}
const never = new Promise<never>(() => {})

function handshake(target: string): string {
  const fields = Object.entries({ host: 'x', ...webSocket }).map(([name, value]) => `${name}: ${value}\r\n`)
  return `GET ${target} HTTP/1.1\r\n${fields.join('')}\r\n`
}

/** An application's own server, with Gamut in it once `listen` is called. */
async function listen(server: Server) {
  const gamut = createGamut({ authorize: () => true })
  const attached = attach(gamut, server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    await attached.close()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    await gamut.stop()
  })
  return { gamut, attached, port: (server.address() as AddressInfo).port }
}

const echo: RequestListener = async (request, response) => {
  let body = ''
  for await (const chunk of request) body += String(chunk)
  response.end(`${request.method} ${request.url} ${body}`)
}

describe('a request that offers another protocol', () => {
  it('is answered as if it offered none (RFC 9110 §7.8)', async () => {
    const { gamut, port } = await start()
    const target = '/channels/a?cursor=oldest'
    const headers = { ...h2c, 'content-type': 'application/json' }
    const published = await rawRequest({
      port,
      method: 'POST',
      target: '/channels/a',
      headers,
      body: '[1,2]',
    })
    expect(published.status).toBe(201)
    const read = await rawRequest({ port, target, headers: h2c })
    expect(await read.json()).toMatchObject({ messages: [{ data: [1, 2] }] })
    const stream = await rawRequest({ port, target: '/channels/a?as=sse', headers: h2c })
    expect(stream.status).toBe(200)
    await expect.poll(() => gamut.connections).toBe(1)
    stream.connection.close()
    expect((await rawRequest({ port, target: '/nothing', headers: h2c })).status).toBe(404)
  })

  it('publishes its body, or is refused, where it offers a WebSocket without a GET', async () => {
    const { port } = await start()
    const headers = { ...webSocket, 'content-type': 'application/json' }
    const ask = (method: string, body: string) =>
      rawRequest({ port, method, target: '/channels/a', headers, body })
    expect((await ask('POST', '"whole"')).status).toBe(201)
    expect((await ask('GET', 'no handshake has a body')).status).toBe(200)
    const read = await rawRequest({ port, target: '/channels/a?cursor=oldest' })
    expect(await read.json()).toMatchObject({ messages: [{ data: 'whole' }] })
  })

  it('comes whole to the application, in one piece or many', async () => {
    const { port } = await listen(createServer(echo))
    const whole = await rawRequest({ port, method: 'POST', target: '/own', headers: h2c, body: 'body' })
    expect(await whole.text()).toBe('POST /own body')
    const slow = openPeer(port)
    const text = collect(slow)
    slow.write(
      'PUT /own HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 8\r\n\r\nhalf',
    )
    await expect.poll(() => slow.bytesWritten).toBeGreaterThan(0)
    slow.write('half')
    await expect.poll(text).toContain('PUT /own halfhalf')
  })

  it('comes to the listener for upgrades that the application has, whatever it offers', async () => {
    const server = createServer(echo)
    server.on('upgrade', (request, socket) => socket.end(`HTTP/1.1 101 ${request.headers.upgrade}\r\n\r\n`))
    const { port } = await listen(server)
    for (const upgrade of ['h2c', 'websocket']) {
      const peer = openPeer(port)
      const text = collect(peer)
      peer.write(`GET /own HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: ${upgrade}\r\n\r\n`)
      await expect.poll(text).toBe(`HTTP/1.1 101 ${upgrade}\r\n\r\n`)
    }
  })
})

describe('the end of a server', () => {
  it('waits for no hook that never answers a handshake (§10)', async () => {
    let asked = 0
    const authenticate = () => {
      asked++
      return never
    }
    const { port, served } = await start({ authenticate, drainWindowMs: 200 })
    const peer = openPeer(port)
    peer.write(handshake('/connect'))
    await expect.poll(() => asked).toBe(1)
    await served.close()
    expect(await socketsOf(served)).toBe(0)
  })

  it('waits for no peer that keeps a refused handshake open (§10)', async () => {
    const { port, served } = await start({ drainWindowMs: 200 })
    const peer = openPeer(port)
    const text = collect(peer)
    peer.write(handshake('/channels/a?as=sse'))
    await expect.poll(text).toContain('HTTP/1.1 400')
    await served.close()
    expect(await socketsOf(served)).toBe(0)
  })

  it('leaves no way to a WebSocket after it', async () => {
    const { attached, port } = await listen(createServer(echo))
    await attached.close()
    const answer = await rawRequest({ port, target: '/channels/a', headers: webSocket })
    expect(answer.status).toBe(503)
  })
})

describe('a refused handshake', () => {
  it('is closed although its peer never closes (I19)', async () => {
    const { port, served } = await start()
    const peer = openPeer(port)
    const text = collect(peer)
    peer.write(handshake('/channels/a?as=sse'))
    await expect.poll(text).toMatch(/^HTTP\/1\.1 400 [\s\S]*query_invalid/)
    await expect.poll(() => socketsOf(served), { timeout: 5000 }).toBe(0)
  })
})

describe('a failure of the runtime itself', () => {
  it('is told without its text, and leaves nothing open', async () => {
    const { gamut, served, port } = await start()
    const handle = vi.spyOn(gamut, 'handle').mockRejectedValue(new Error('secret'))
    const answer = await rawRequest({ port, target: '/channels/a' })
    expect(answer.status).toBe(500)
    expect(await answer.text()).not.toContain('secret')
    const peer = openPeer(port)
    peer.write(handshake('/channels/a'))
    await expect.poll(() => handle.mock.calls.length).toBe(2)
    await expect.poll(() => socketsOf(served)).toBe(0)
  })

  it('cuts a stream that cannot begin', async () => {
    const { gamut, served, port } = await start()
    const handle = vi.spyOn(gamut, 'handle').mockResolvedValue({
      kind: 'stream',
      status: 200,
      headers: {},
      start: () => {
        throw new Error('secret')
      },
    })
    const peer = openPeer(port)
    peer.write('GET /channels/a?as=sse HTTP/1.1\r\nHost: x\r\n\r\n')
    await expect.poll(() => handle.mock.calls.length).toBe(1)
    await expect.poll(() => socketsOf(served)).toBe(0)
  })
})
