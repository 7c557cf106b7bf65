import { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { queryObjects } from 'node:v8'
import { openConnection } from '@gamut/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { canDetach } from '../../src/node/can-detach.js'
import { isGivenBack } from '../../src/node/give-back.js'
import { collect, openPeer, socketsOf, start } from './rig.js'

const get = (target: string, more = '') => `GET ${target} HTTP/1.1\r\nHost: x\r\n${more}\r\n`
const wait = '/channels/a?cursor=newest&wait=30'
const stream = '/channels/a?as=sse'

/** A server, and every socket that it is told of. */
async function startWatched(...options: Parameters<typeof start>) {
  const rig = await start(...options)
  const sockets: Socket[] = []
  rig.served.server.on('connection', (socket) => sockets.push(socket))
  return { ...rig, sockets }
}

function countOf(kind: Parameters<typeof queryObjects>[0]): number {
  return Number(queryObjects(kind, { format: 'count' }))
}

describe('small connections on this Node (decision 12)', () => {
  it('are possible, as every start finds out', async () => {
    expect(await canDetach()).toBe(true)
  })

  it.each([stream, '/channels/a?as=ndjson', wait])(
    '%s keeps no request, no response and no parser behind its socket (I18)',
    async (target) => {
      const { gamut, port, sockets } = await startWatched()
      const before = [countOf(IncomingMessage), countOf(ServerResponse)]
      for (let n = 0; n < 20; n++) openPeer(port).write(get(target))
      await expect.poll(() => gamut.connections).toBe(20)
      expect([countOf(IncomingMessage), countOf(ServerResponse)]).toEqual(before)
      expect(sockets.map((socket) => (socket as { parser?: unknown }).parser)).toEqual(Array(20).fill(null))
    },
  )

  it('carry one long-poll after another, and are counted once', async () => {
    const { gamut, port, sockets, served } = await startWatched()
    const connection = openConnection({ port })
    onTestFinished(() => connection.close())
    for (let n = 0; n < 4; n++) {
      const answer = connection.request({ target: wait })
      await expect.poll(() => gamut.connections).toBe(1)
      await gamut.publish('a', n)
      expect(await (await answer).json()).toMatchObject({ messages: [{ data: n }] })
      expect((await connection.request({ target: '/healthz' })).status).toBe(200)
    }
    expect(new Set(sockets).size).toBe(1)
    expect(sockets.filter((socket) => isGivenBack(socket))).toHaveLength(sockets.length)
    expect(await socketsOf(served)).toBe(1)
    // The one by which sockets are counted, and the one of what it is doing.
    expect(sockets[0]?.listenerCount('close')).toBe(2)
  })

  it('answer what comes behind a parked long-poll after it, in pieces too', async () => {
    const { gamut, port } = await start()
    const peer = openPeer(port)
    const text = collect(peer)
    peer.write(get(wait))
    await expect.poll(() => gamut.connections).toBe(1)
    peer.write(`${get('/healthz')}GET /rea`)
    peer.write('dyz HTTP/1.1\r\nHost: x\r\n')
    await gamut.publish('a', 'first')
    await expect.poll(text).toContain('{"status":"ok"}')
    peer.write('\r\n')
    await expect.poll(text).toContain('{"status":"ready"}')
    expect(text().indexOf('first')).toBeLessThan(text().indexOf('"ok"'))
  })

  it('lose nothing of a request whose first bytes came with the one before', async () => {
    const { gamut, port } = await start()
    const peer = openPeer(port)
    const text = collect(peer)
    peer.write(`${get(wait)}GET /rea`)
    await expect.poll(() => gamut.connections).toBe(1)
    await gamut.publish('a', 'first')
    await expect.poll(text).toContain('first')
    peer.write('dyz HTTP/1.1\r\nHost: x\r\n\r\n')
    await expect.poll(text).toContain('{"status":"ready"}')
  })

  it.each([stream, wait])('%s ends with a peer that half-closes (I19)', async (target) => {
    const { gamut, port, served } = await start()
    const peer = openPeer(port)
    peer.write(get(target))
    await expect.poll(() => gamut.connections).toBe(1)
    peer.end()
    await expect.poll(() => gamut.connections).toBe(0)
    await expect.poll(() => socketsOf(served)).toBe(0)
  })

  it('take a little of whatever comes behind a stream, and no more (I18)', async () => {
    const { gamut, port } = await start()
    const peer = openPeer(port)
    const text = collect(peer)
    peer.write(get(stream))
    await expect.poll(() => gamut.connections).toBe(1)
    peer.write('\0garbage'.repeat(1000))
    await gamut.publish('a', 'still here')
    await expect.poll(text).toContain('still here')
    peer.write('x'.repeat(100_000))
    await expect.poll(() => gamut.connections).toBe(0)
  })

  it('do not read on what comes behind a parked long-poll without end (I18)', async () => {
    const { gamut, port, sockets } = await startWatched()
    const peer = openPeer(port)
    peer.write(get(wait))
    await expect.poll(() => gamut.connections).toBe(1)
    peer.write('x'.repeat(10_000_000))
    await expect.poll(() => sockets[0]?.isPaused()).toBe(true)
    expect(sockets[0]?.bytesRead).toBeLessThan(1_000_000)
    await gamut.publish('a', 1)
    await expect.poll(() => peer.bytesRead).toBeGreaterThan(0)
  })

  it('close after a long-poll that asks for it, and for a peer of HTTP/1.0', async () => {
    const { gamut, port } = await start()
    const heads = [get(wait, 'Connection: close\r\n'), `GET ${wait} HTTP/1.0\r\n\r\n`]
    const peers = heads.map((head) => {
      const peer = openPeer(port)
      peer.write(head)
      return { text: collect(peer), ended: new Promise((resolve) => peer.on('end', resolve)) }
    })
    await expect.poll(() => gamut.connections).toBe(2)
    await gamut.publish('a', 'last')
    for (const { text, ended } of peers) {
      await ended
      expect(text()).toMatch(/connection: close[\s\S]*"data":"last"/i)
    }
  })
})

describe('what a server does with its connections', () => {
  async function startIdle() {
    const rig = await start()
    const peer = openPeer(rig.port)
    const text = collect(peer)
    peer.write(get(wait))
    await expect.poll(() => rig.gamut.connections).toBe(1)
    await rig.gamut.publish('a', 1)
    await expect.poll(text).toContain('"data":1')
    return { ...rig, text, ended: new Promise((resolve) => peer.on('end', resolve)) }
  }

  it('means those that wait behind a long-poll too: closing what is idle', async () => {
    const { served, ended, text } = await startIdle()
    expect(text()).toMatch(/connection: keep-alive\r\nkeep-alive: timeout=65\r\n/)
    served.server.closeIdleConnections()
    await ended
  })

  it('means held ones too: closing all', async () => {
    const { gamut, served, port } = await start()
    for (const target of [stream, wait]) openPeer(port).write(get(target))
    await expect.poll(() => gamut.connections).toBe(2)
    served.server.closeAllConnections()
    await expect.poll(() => gamut.connections).toBe(0)
  })

  it('ends idle ones after its own time', async () => {
    const { gamut, served, port } = await start()
    served.server.keepAliveTimeout = 1
    const peer = openPeer(port)
    peer.write(get(wait))
    const ended = new Promise((resolve) => peer.on('end', resolve))
    peer.resume()
    await expect.poll(() => gamut.connections).toBe(1)
    await gamut.publish('a', 1)
    await ended
    await expect.poll(() => socketsOf(served)).toBe(0)
  })

  it.each(['timeout', 'maxRequestsPerSocket'] as const)(
    'stays its own where the application bounds %s',
    async (name) => {
      const { gamut, served, port, sockets } = await startWatched()
      served.server[name] = 10_000
      openPeer(port).write(get(wait))
      await expect.poll(() => gamut.connections).toBe(1)
      expect((sockets[0] as { parser?: unknown } | undefined)?.parser).toBeTruthy()
    },
  )
})
