import { describe, expect, it, vi } from 'vitest'
import { collect, openPeer, socketsOf, start } from './rig.js'

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

describe('a large answer', () => {
  const names = Array.from({ length: 20 }, (_, n) => `channel=large/${n}`).join('&')

  async function startLarge() {
    const rig = await start()
    for (let n = 0; n < 20; n++)
      for (let m = 0; m < 16; m++) await rig.gamut.publish(`large/${n}`, 'x'.repeat(60_000))
    return rig
  }

  it('is taken to its end by a peer that reads late', async () => {
    const { port } = await startLarge()
    const peer = openPeer(port)
    peer.write(get(`/channels?${names}&as=poll&cursor=oldest${'&cursor=oldest'.repeat(19)}`))
    await expect.poll(() => peer.bytesRead).toBeGreaterThan(0)
    let bytes = 0
    let end = ''
    peer.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      end = `${end}${String(chunk.subarray(-30))}`.slice(-30)
    })
    await expect.poll(() => end, { timeout: 10_000 }).toMatch(/"pollAfterMs":\d+\}\s*$/)
    expect(bytes).toBeGreaterThan(20 * 16 * 60_000)
  })

  it('is not kept for a peer that never reads (I18)', async () => {
    const { served, port } = await startLarge()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const peer = openPeer(port)
      peer.write(get(`/channels?${names}&as=poll&cursor=oldest${'&cursor=oldest'.repeat(19)}`))
      await expect.poll(() => peer.bytesRead).toBeGreaterThan(0)
      await expect.poll(() => vi.getTimerCount()).toBeGreaterThan(0)
      vi.advanceTimersByTime(30_000)
      await expect.poll(() => socketsOf(served)).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  })
})
