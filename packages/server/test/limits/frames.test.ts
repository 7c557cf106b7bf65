import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { MessageAge } from '../../src/node/message-age.js'
import { Peer } from '../node/frame-peer.js'
import { openPeer, start } from '../node/rig.js'

const handshake =
  'GET /connect HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\n' +
  'sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n'

/** A masked frame of at most 125 bytes, the mask all zeros. */
function frame(first: number, payload = ''): Buffer {
  return Buffer.concat([Buffer.from([first, 0x80 | payload.length, 0, 0, 0, 0]), Buffer.from(payload)])
}

describe('fragments of one message (§7, security rule 6)', () => {
  it.each(['', 'x'])('are bounded in number, also with nothing but %j in them', async (payload) => {
    const { gamut, port } = await start({ maxFragments: 10 })
    const peer = openPeer(port)
    let bytes = Buffer.alloc(0)
    peer.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk])
    })
    peer.write(handshake)
    await expect.poll(() => gamut.connections).toBe(1)
    peer.write(Buffer.concat([frame(0x01, payload), ...Array.from({ length: 20 }, () => frame(0, payload))]))
    await once(peer, 'end')
    const close = bytes.subarray(bytes.lastIndexOf(0x88))
    expect(close.readUInt16BE(2)).toBe(1008)
    peer.destroy()
    await expect.poll(() => gamut.connections).toBe(0)
  })

  it('are bounded in time', async () => {
    const { gamut, served } = await start({ messageTimeoutMs: 100, heartbeatMs: 50 })
    const socket = new WebSocket(`${served.url.replace('http', 'ws')}/connect`)
    const frames: string[] = []
    socket.on('message', (data) => frames.push(String(data)))
    await once(socket, 'open')
    socket.send('x'.repeat(5000), { fin: false })
    const [code] = await once(socket, 'close')
    expect(code).toBe(4200)
    expect(frames.some((text) => text.includes('"frame_invalid"'))).toBe(true)
    await expect.poll(() => gamut.connections).toBe(0)
  })

  it('are bounded in all that is not whole: the oldest are cut off, and younger ones go on', async () => {
    const { served } = await start({ maxBodiesBytes: 15_000 })
    const half = `{"type":"ping","ref":1,"rest":"${'x'.repeat(6000)}`
    const sockets: WebSocket[] = []
    for (let count = 0; count < 3; count++) {
      const socket = new WebSocket(`${served.url.replace('http', 'ws')}/connect`)
      socket.on('error', () => {})
      await once(socket, 'message')
      socket.send(half, { fin: false })
      sockets.push(socket)
    }
    const [oldest, ...younger] = sockets
    const [code] = await once(oldest as WebSocket, 'close')
    expect(code).toBe(1006)
    for (const socket of younger) {
      socket.send('"}')
      expect(JSON.parse(String((await once(socket, 'message'))[0]))).toMatchObject({ type: 'ok', ref: 1 })
      socket.terminate()
    }
  })

  it('are no longer counted once a message is whole, and small ones and pings are never old', () => {
    let read = 100
    const age = new MessageAge(
      {
        get bytesRead() {
          return read
        },
      },
      0,
    )
    expect(age.at(1000)).toBe(0)
    read += 5000
    expect(age.at(3000)).toBe(2000)
    age.done()
    expect(age.at(4000)).toBe(0)
    for (let n = 0; n < 1000; n++) {
      read += 131
      age.control(Buffer.alloc(125))
    }
    expect(age.at(60_000)).toBe(0)
  })
})

describe('a flood of frames (§7, §10)', () => {
  it('is read at its rate, answered whole, and delays no other reader', async () => {
    const { gamut, served } = await start({ unlimitedAddresses: [], frameRate: 200 })
    const url = `${served.url.replace('http', 'ws')}/connect`
    const flood = new Peer(url)
    for (let ref = 1; ref <= 500; ref++)
      flood.send({ type: ref % 2 ? 'subscribe' : 'unsubscribe', ref, channel: 'a' })
    const other = new Peer(url)
    other.send({ type: 'subscribe', ref: 'x', channel: 'a' })
    await other.answer('x')
    const { offset } = await gamut.publish('a', 1)
    await other.find(
      ({ type, messages }) => type === 'batch' && JSON.stringify(messages).includes(`${offset}`),
    )
    await flood.answer(500)
    expect(flood.frames.filter(({ type }) => type === 'ok')).toHaveLength(500)
  })

  it('is not read on while it is over its rate', async () => {
    const { gamut, served } = await start({ unlimitedAddresses: [], frameRate: 10 })
    const flood = new Peer(`${served.url.replace('http', 'ws')}/connect`)
    // More than a socket's own buffers hold: what is read at once cannot be all.
    const text = JSON.stringify({ type: 'publish', channel: 'a', data: 'x'.repeat(60_000) })
    for (let n = 0; n < 300; n++) flood.send(text)
    const other = new Peer(`${served.url.replace('http', 'ws')}/connect`)
    other.send({ type: 'ping', ref: 1 })
    await other.answer(1)
    const { offset } = await gamut.publish('a', 'after')
    expect(offset).toBeLessThan(100)
  })
})
