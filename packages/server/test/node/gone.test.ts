import { getEventListeners } from 'node:events'
import type { Socket } from 'node:net'
import { openConnection, rawRequest } from '@gamut/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createRig } from '../rig.js'
import { openPeer, socketsOf, start } from './rig.js'

describe('a peer that goes', () => {
  it('leaves no long-poll parked that a hook was still asked for (I19)', async () => {
    let asked = 0
    let release = (_allowed: boolean) => {}
    const allowed = new Promise<boolean>((resolve) => {
      release = resolve
    })
    const { gamut, served, port } = await start({ authorize: () => ++asked > 0 && allowed })
    const peer = openPeer(port)
    peer.write('GET /channels/a?wait=30 HTTP/1.1\r\nHost: x\r\n\r\n')
    await expect.poll(() => asked).toBe(1)
    peer.destroy()
    await expect.poll(() => socketsOf(served)).toBe(0)
    release(true)
    expect((await rawRequest({ port, target: '/healthz' })).status).toBe(200)
    expect(gamut.connections).toBe(0)
  })

  it('is watched by one listener, however many long-polls its connection carries (I19)', async () => {
    const { gamut, served, port } = await start()
    const sockets: Socket[] = []
    served.server.on('connection', (socket) => sockets.push(socket))
    const connection = openConnection({ port })
    onTestFinished(() => connection.close())
    const listeners = []
    for (let n = 0; n < 4; n++) {
      const answer = connection.request({ target: '/channels/a?cursor=newest&wait=30' })
      await expect.poll(() => gamut.connections).toBe(1)
      await gamut.publish('a', n)
      await (await answer).text()
      listeners.push(sockets[0]?.listenerCount('close'))
    }
    expect(new Set(listeners).size).toBe(1)
  })

  it('is noticed by web standard requests too, before and while they wait, and forgotten after', async () => {
    const { gamut, ask } = createRig()
    onTestFinished(() => gamut.stop())
    const target = '/channels/a?cursor=newest&wait=30'
    expect((await ask(target, { signal: AbortSignal.abort() })).status).toBe(200)
    const leaving = new AbortController()
    const waiting = ask(target, { signal: leaving.signal })
    await expect.poll(() => gamut.connections).toBe(1)
    leaving.abort()
    expect((await waiting).status).toBe(200)
    const request = new Request(`http://gamut.test${target}`)
    const answer = gamut.fetch(request)
    await expect.poll(() => getEventListeners(request.signal, 'abort').length).toBe(1)
    await gamut.publish('a', 1)
    expect((await answer).status).toBe(200)
    expect(getEventListeners(request.signal, 'abort')).toEqual([])
  })
})
