import { connect, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { collect, openPeer, start } from './rig.js'

const sse = 'GET /channels/a?as=sse&cursor=newest HTTP/1.1\r\nHost: x\r\n\r\n'
const messages = 200
const pad = 'x'.repeat(60_000)

/** The numbers of the messages in what a peer has got, in order. */
function numbersIn(text: string): number[] {
  return [...text.matchAll(/"n":(\d+),/g)].map(([, n]) => Number(n))
}

const all = Array.from({ length: messages }, (_, n) => n)

async function openPeers(transport: string, options: Parameters<typeof start>[0] = {}) {
  const rig = await start({ channels: { a: { retention: { bytes: 64 * 1024 * 1024 } } }, ...options })
  const sockets: Socket[] = []
  rig.served.server.on('connection', (socket: Socket) => sockets.push(socket))
  const stalled = await openStalled(transport, rig.port)
  await expect.poll(() => rig.gamut.connections).toBe(1)
  const fast = openPeer(rig.port)
  const text = collect(fast)
  fast.write(sse)
  await expect.poll(text).toContain('$open')
  const publish = async () => {
    for (const n of all) await rig.gamut.publish('a', { n, pad })
  }
  return { ...rig, stalled, text, sockets, publish }
}

describe.each(['sse', 'ndjson', 'websocket'])(
  'a reader of %s that does not read (§9, I16, I18)',
  (transport) => {
    it('holds nothing up and little back, and gets everything in order once it reads', async () => {
      const { stalled, text, sockets, publish } = await openPeers(transport)
      await publish()
      await expect.poll(() => numbersIn(text()).length, { timeout: 10_000 }).toBe(messages)
      const held = sockets[0] as Socket
      // A batch of a MiB may pass the bound once. What the kernel keeps is its own; a WebSocket is full long before that is.
      expect(queuedBytes(held)).toBeLessThan(1.5 * 1024 * 1024)
      if (transport === 'websocket') expect(held.bytesWritten).toBeLessThan(1.5 * 1024 * 1024)
      stalled.resume()
      const late = stalled.text
      await expect.poll(() => numbersIn(late()).length, { timeout: 15_000 }).toBe(messages)
      expect(numbersIn(late())).toEqual(all)
    })

    it('is ended as too slow, and no other is', async () => {
      const { gamut, text, publish } = await openPeers(transport, { heartbeatMs: 100, stuckMs: 300 })
      await publish()
      await expect.poll(() => gamut.connections).toBe(1)
      await gamut.publish('a', { n: messages, pad: '' })
      await expect.poll(() => numbersIn(text()).at(-1)).toBe(messages)
    })
  },
)

/** What waits for the kernel, in the socket's stream and in libuv's queue. */
function queuedBytes(socket: Socket): number {
  const { _handle: handle } = socket as { _handle?: { writeQueueSize: number } }
  return Math.max(socket.writableLength, handle?.writeQueueSize ?? 0)
}

/** A reader that reads nothing until it is told to. */
async function openStalled(transport: string, port: number): Promise<{ resume(): void; text(): string }> {
  if (transport !== 'websocket') {
    const peer = openPeer(port)
    peer.write(`GET /channels/a?as=${transport}&cursor=newest HTTP/1.1\r\nHost: x\r\n\r\n`)
    const text = collect(peer)
    peer.pause()
    return { resume: () => void peer.resume(), text }
  }
  const socket = new WebSocket(`ws://127.0.0.1:${port}/channels/a?cursor=newest`)
  onTestFinished(() => socket.terminate())
  let text = ''
  socket.on('message', (data) => {
    text += String(data)
  })
  socket.on('error', () => {})
  await new Promise((resolve) => socket.once('open', resolve))
  socket.pause()
  return { resume: () => socket.resume(), text: () => text }
}

it('may take a little at a time: publishes and polls beside it are answered meanwhile (I16)', async () => {
  const { port, gamut } = await start()
  const slow = connect({ port, host: '127.0.0.1', readableHighWaterMark: 1024 } as never)
  onTestFinished(() => void slow.destroy())
  slow.on('error', () => {})
  slow.pause()
  slow.write(sse)
  await expect.poll(() => gamut.connections).toBe(1)
  for (let n = 0; n < 50; n++) {
    await gamut.publish('a', { n, pad })
    slow.read(1024)
  }
  const answer = await fetch(`http://127.0.0.1:${port}/channels/a?as=poll`)
  expect(numbersIn(await answer.text())).toEqual([49])
})
