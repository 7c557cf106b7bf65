import type { Socket } from 'node:net'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createRig } from '../rig.js'
import { collect, openPeer, socketsOf, start } from './rig.js'

const head = (fields: string) =>
  `POST /channels/a HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\n${fields}\r\n\r\n`

function spyLogger() {
  return { info: vi.fn(), warn: vi.fn(), error: vi.fn() }
}

describe('bodies over their bound', () => {
  it.each([
    ['in chunks that go on', `${head('Transfer-Encoding: chunked')}7d0\r\n${'x'.repeat(2000)}\r\n`],
    ['by their length', `${head('Content-Length: 2000')}xxx`],
  ])('are answered and end their connection, %s (§13)', async (_how, bytes) => {
    const { served, port } = await start({ maxBodyBytes: 1000 })
    const peer = openPeer(port)
    const text = collect(peer)
    peer.write(bytes)
    await expect.poll(text).toMatch(/^HTTP\/1\.1 413 [\s\S]*\r\nconnection: close\r\n[\s\S]*too_large/i)
    await expect.poll(() => socketsOf(served), { timeout: 5000 }).toBe(0)
  })

  it.each([
    ['in chunks', `${head('Transfer-Encoding: chunked')}800000\r\n`],
    ['by its length', head('Content-Length: 8388608')],
  ])('let a peer that sends all of it first, %s, see its answer then', async (_how, opening) => {
    const { port } = await start({ maxBodyBytes: 1000 })
    const peer = openPeer(port)
    const errors: unknown[] = []
    peer.on('error', (error) => errors.push(error))
    peer.write(opening)
    await new Promise((resolve) => peer.write(Buffer.alloc(8_388_608, 'x'), resolve))
    const text = collect(peer)
    await expect.poll(text).toContain('too_large')
    await expect.poll(() => peer.readableEnded, { timeout: 5000 }).toBe(true)
    expect(errors).toEqual([])
  })
})

describe('bodies that are not whole, of all peers together (§10, I18)', () => {
  const part = 'x'.repeat(1500)

  it('make room: the one that began first is refused, and younger ones go on', async () => {
    const { gamut, port } = await start({ maxBodiesBytes: 4000 })
    const handle = vi.spyOn(gamut, 'handle')
    const peers: { readonly peer: Socket; readonly text: () => string }[] = []
    for (let count = 1; count <= 3; count++) {
      const peer = openPeer(port)
      peers.push({ peer, text: collect(peer) })
      peer.write(`${head('Content-Length: 2000')}${part}`)
      await expect.poll(() => handle.mock.calls.length).toBe(count)
    }
    const refused = /^HTTP\/1\.1 503 [\s\S]*\r\nretry-after: [\s\S]*overloaded/i
    await expect.poll(() => peers[0]?.text()).toMatch(refused)
    for (const { peer, text } of peers.slice(1)) {
      peer.write('x'.repeat(500))
      await expect.poll(text).toMatch(/^HTTP\/1\.1 201 /)
    }
  })

  it('count no more once they are whole, refused or cut off', async () => {
    const { gamut, port } = await start({ maxBodiesBytes: 4000, maxBodyBytes: 2000 })
    const handle = vi.spyOn(gamut, 'handle')
    const stays = openPeer(port)
    const text = collect(stays)
    stays.write(`${head('Content-Length: 2000')}${part}`)
    await expect.poll(() => handle.mock.calls.length).toBe(1)
    for (let count = 0; count < 4; count++) {
      const [whole, large, gone] = [openPeer(port), openPeer(port), openPeer(port)]
      const [toWhole, toLarge] = [collect(whole), collect(large)]
      whole.write(`${head('Content-Length: 1500')}${part}`)
      await expect.poll(toWhole).toMatch(/^HTTP\/1\.1 201 /)
      large.write(`${head('Transfer-Encoding: chunked')}5dc\r\n${part}\r\n5dc\r\n${part}\r\n`)
      await expect.poll(toLarge).toMatch(/^HTTP\/1\.1 413 /)
      gone.write(`${head('Content-Length: 2000')}${part}`)
      await expect.poll(() => handle.mock.calls.length).toBe(3 * count + 4)
      gone.destroy()
      await handle.mock.results.at(-1)?.value
    }
    stays.write('x'.repeat(500))
    await expect.poll(text).toMatch(/^HTTP\/1\.1 201 /)
  })
})

describe('a body whose peer goes', () => {
  it('is no failure of the server', async () => {
    const logger = spyLogger()
    const { gamut, served, port } = await start({ logger })
    const handle = vi.spyOn(gamut, 'handle')
    const peer = openPeer(port)
    peer.write(`${head('Content-Length: 100')}xxx`)
    await expect.poll(() => handle.mock.calls.length).toBe(1)
    peer.destroy()
    await handle.mock.results[0]?.value
    await expect.poll(() => socketsOf(served)).toBe(0)
    expect(logger.error).not.toHaveBeenCalled()
  })

  it('is not waited for, where it went before anybody read it', async () => {
    const logger = spyLogger()
    let asked = 0
    let release = (_allowed: boolean) => {}
    const allowed = new Promise<boolean>((resolve) => {
      release = resolve
    })
    const { gamut, served, port } = await start({ logger, authorize: () => ++asked > 0 && allowed })
    const handle = vi.spyOn(gamut, 'handle')
    const peer = openPeer(port)
    peer.write(`${head('Content-Length: 100')}xxx`)
    await expect.poll(() => asked).toBe(1)
    peer.destroy()
    await expect.poll(() => socketsOf(served)).toBe(0)
    release(true)
    expect(await handle.mock.results[0]?.value).toMatchObject({ status: 400 })
    expect(logger.error).not.toHaveBeenCalled()
  })

  it('is no failure in a web standard request either', async () => {
    const logger = spyLogger()
    const { gamut, post } = createRig({ logger })
    onTestFinished(() => gamut.stop())
    const body = new ReadableStream({ pull: (controller) => controller.error(new Error('gone')) })
    const request = new Request('http://gamut.test/channels/a', {
      method: 'POST',
      body,
      headers: { 'content-type': 'text/plain' },
      duplex: 'half',
    } as RequestInit)
    expect((await gamut.fetch(request)).status).toBe(400)
    expect((await post('/channels/a', '1')).status).toBe(201)
    expect(logger.error).not.toHaveBeenCalled()
  })
})
