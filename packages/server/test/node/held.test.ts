import { describe, expect, it } from 'vitest'
import { collect, openPeer, start } from './rig.js'

const get = (target: string) => `GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`

describe('held responses of one socket', () => {
  it('are one, however many are asked for behind it, and gone with it (I18, I19)', async () => {
    let asked = 0
    const { gamut, port } = await start({ authorize: () => ++asked > 0 })
    const peer = openPeer(port)
    peer.write(get('/channels/a?as=sse').repeat(20))
    await expect.poll(() => asked).toBe(20)
    await expect.poll(() => gamut.connections).toBe(1)
    peer.destroy()
    await expect.poll(() => gamut.connections).toBe(0)
  })

  it('never wait behind another answer: such a stream is refused in its turn', async () => {
    let asked = 0
    const { gamut, port } = await start({ authorize: () => ++asked > 0 })
    const peer = openPeer(port)
    const text = collect(peer)
    peer.write(get('/channels/b?wait=30') + get('/channels/a?as=sse'))
    await expect.poll(() => asked).toBe(2)
    await expect.poll(() => gamut.connections).toBe(1)
    await gamut.publish('b', 'first')
    await expect.poll(text).toContain('query_invalid')
    expect(text().indexOf('first')).toBeLessThan(text().indexOf('query_invalid'))
    expect(gamut.connections).toBe(0)
  })
})
