import { connect } from 'node:net'
import { openConnection, rawRequest } from '@gamut/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createGamut, type GamutOptions } from '../../src/index.js'
import { attach, serve } from '../../src/node/index.js'

async function start(options: GamutOptions = {}) {
  const gamut = createGamut({ authorize: () => true, ...options })
  const served = await serve(gamut, { port: 0 })
  onTestFinished(() => served.close())
  return { gamut, served, port: served.port }
}

describe('raw requests to the Node runtime', () => {
  it.each([
    '/channels/a/../b',
    '/channels/a/%2e%2e/b',
    '/channels/./a',
    '/channels/%2E/a',
    '/channels/a%2f..%2fb',
    '/channels//a',
    '/channels/a/',
  ])('refuses %s before anything resolves it (§2)', async (target) => {
    const { port } = await start()
    const answer = await rawRequest({ port, target })
    expect([answer.status, ((await answer.json()) as { error: { code: string } }).error.code]).toEqual([
      400,
      'channel_invalid',
    ])
  })

  it('takes an escaped name for what it says, and nothing else', async () => {
    const { gamut, port } = await start()
    await gamut.publish('user:1@home', 1)
    const answer = await rawRequest({ port, target: '/channels/user%3A1%40home' })
    expect(await answer.json()).toMatchObject({ channel: 'user:1@home', messages: [{ data: 1 }] })
  })

  it('knows no absolute target (security rule 7)', async () => {
    const { port } = await start()
    expect((await rawRequest({ port, target: 'http://other.example/channels/a' })).status).toBe(404)
  })

  it('cuts a peer that sends its head too slowly or too large, and serves the others', async () => {
    const { port } = await start()
    const large = await rawRequest({
      port,
      target: '/channels/a',
      headers: { 'x-large': 'x'.repeat(20_000) },
    })
    expect(large.status).toBe(431)
    expect((await rawRequest({ port, target: '/healthz' })).status).toBe(200)
  })

  it('refuses a body past its bound by its length and without one, and closes that connection', async () => {
    const { port } = await start({ maxBodyBytes: 1000 })
    const headers = { 'content-type': 'text/plain' }
    const sized = await rawRequest({
      port,
      method: 'POST',
      target: '/channels/a',
      headers,
      body: 'x'.repeat(5000),
    })
    expect(sized.status).toBe(413)
    const chunk = `${(5000).toString(16)}\r\n${'x'.repeat(5000)}\r\n0\r\n\r\n`
    const chunked = await rawRequest({
      port,
      method: 'POST',
      target: '/channels/a',
      headers: { ...headers, 'transfer-encoding': 'chunked' },
      body: chunk,
    })
    expect(chunked.status).toBe(413)
  })

  it('answers requests on one connection one after the other, also after a stream was refused', async () => {
    const { port } = await start()
    const connection = openConnection({ port })
    onTestFinished(() => connection.close())
    for (const [target, status] of [
      ['/healthz', 200],
      ['/channels/a?as=x', 400],
      ['/channels/a', 200],
      ['/nothing', 404],
    ] as const) {
      const answer = await connection.request({ target })
      await answer.text()
      expect(answer.status).toBe(status)
    }
  })

  it('stores nothing of a publish whose peer goes in the middle of the body', async () => {
    const { gamut, port } = await start()
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => {})
    socket.write(
      'POST /channels/a HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"half":',
    )
    await expect.poll(() => socket.bytesWritten).toBeGreaterThan(0)
    socket.destroy()
    const answer = await rawRequest({ port, target: '/channels/a?cursor=oldest' })
    expect(await answer.json()).toMatchObject({ messages: [] })
    expect(gamut.connections).toBe(0)
  })

  it('ends the stream of a peer that half-closes, and of one that resets (I19)', async () => {
    const { gamut, port } = await start()
    for (const end of [
      (socket: ReturnType<typeof connect>) => socket.end(),
      (socket: ReturnType<typeof connect>) => socket.resetAndDestroy(),
    ]) {
      const socket = connect(port, '127.0.0.1')
      socket.on('error', () => {})
      socket.write('GET /channels/a?as=sse HTTP/1.1\r\nHost: x\r\n\r\n')
      await expect.poll(() => gamut.connections).toBe(1)
      end(socket)
      await expect.poll(() => gamut.connections).toBe(0)
      socket.destroy()
    }
  })

  it('answers a HEAD for a stream with its head alone', async () => {
    const { gamut, port } = await start()
    const answer = await rawRequest({ port, method: 'HEAD', target: '/channels/a?as=sse' })
    expect([answer.status, await answer.text()]).toEqual([200, ''])
    expect(gamut.connections).toBe(0)
  })

  it('ends within its window although readers take nothing (§10)', async () => {
    const { gamut, port, served } = await start({ drainWindowMs: 300 })
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => {})
    socket.pause()
    socket.write('GET /channels/a?as=sse HTTP/1.1\r\nHost: x\r\n\r\n')
    await expect.poll(() => gamut.connections).toBe(1)
    for (let n = 0; n < 400; n++) await gamut.publish('a', 'x'.repeat(60_000))
    await served.close()
    socket.destroy()
    expect(served.server.listening).toBe(false)
  })

  it('lets a publish that is under way finish while it ends (I17)', async () => {
    let release = () => {}
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    const { port, served } = await start({
      onPublish: async () => {
        await gate
        return undefined
      },
    })
    const headers = { 'content-type': 'application/json' }
    const publishing = rawRequest({ port, method: 'POST', target: '/channels/a', headers, body: '1' })
    await expect
      .poll(
        () =>
          new Promise<number>((resolve) => served.server.getConnections((_error, count) => resolve(count))),
      )
      .toBe(1)
    const closing = served.close()
    release()
    expect((await publishing).status).toBe(201)
    await closing
  })
})

describe('attach', () => {
  it('leaves every other path to the application, as it was', async () => {
    const { createServer } = await import('node:http')
    const server = createServer((request, response) => response.end(`own ${request.url}`))
    const gamut = createGamut({ authorize: () => true, basePath: '/rt' })
    const attached = attach(gamut, server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(async () => {
      await attached.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await gamut.stop()
    })
    const address = server.address()
    const port = typeof address === 'object' && address ? address.port : 0
    const body = async (target: string) => (await rawRequest({ port, target })).text()
    expect(await body('/')).toBe('own /')
    expect(await body('/rtx/channels/a')).toBe('own /rtx/channels/a')
    expect(await body('/channels/a')).toBe('own /channels/a')
    expect(await body('/rt/healthz')).toBe('{"status":"ok"}\n')
  })
})
