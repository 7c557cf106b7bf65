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

describe('answers larger than what a socket keeps', () => {
  /** Many pages of a MiB, asked for at once. */
  async function startLarge() {
    const rig = await start()
    for (let n = 0; n < 16; n++) await rig.gamut.publish('a', 'x'.repeat(60_000))
    const peer = openPeer(rig.port)
    peer.write(get('/channels/a?as=poll&cursor=oldest').repeat(20))
    await expect.poll(() => peer.bytesRead).toBeGreaterThan(0)
    return { ...rig, peer }
  }

  it('are taken to their end by a peer that reads late', async () => {
    const { peer } = await startLarge()
    let bytes = 0
    peer.on('data', (chunk: Buffer) => {
      bytes += chunk.length
    })
    await expect.poll(() => bytes, { timeout: 10_000 }).toBeGreaterThan(20 * 16 * 60_000)
  })

  it('are not kept for a peer that never reads (I18)', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const { served } = await startLarge()
      const later = async () => {
        vi.advanceTimersByTime(60_000)
        return socketsOf(served)
      }
      await expect.poll(later).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  })
})
