import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer, text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { classesOf, DirectWrites } from '../../src/node/direct-writes.js'
import { canWriteDirectly } from '../../src/node/write-now.js'

/** A socket that its peer does not read yet, and what writes to it. */
async function pair(path?: string) {
  const server: Server = createServer()
  if (path) server.listen(path)
  else server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const peer =
    typeof address === 'object' && address ? connect(address.port, '127.0.0.1') : connect(`${path}`)
  peer.pause()
  const [socket] = (await once(server, 'connection')) as [Socket]
  onTestFinished(() => {
    socket.destroy()
    peer.destroy()
    server.close()
  })
  const streamWrites: number[] = []
  const { write } = socket
  const writes = new DirectWrites(classesOf(socket))
  socket.write = ((bytes: Uint8Array) => {
    streamWrites.push(bytes.length)
    return write.call(socket, bytes)
  }) as typeof write
  return { socket, peer, writes, streamWrites }
}

const large = Buffer.alloc(8 * 1024 * 1024, 'L')

test('this Node lets sockets be written to past their streams, as every start finds out', async () => {
  expect(await canWriteDirectly()).toBe(true)
})

test('what the kernel takes at once passes no stream, a message after another', async () => {
  const { socket, peer, writes, streamWrites } = await pair()
  for (const part of ['a', 'b', 'c']) expect(writes.write(socket, Buffer.from(part))).toBe(true)
  socket.end()
  expect(await text(peer)).toBe('\0abc')
  expect(streamWrites).toEqual([])
})

test('says when a socket is full and when it is not, and keeps the order with what its stream writes', async () => {
  const { socket, peer, writes } = await pair()
  expect(writes.write(socket, large)).toBe(false)
  expect(writes.write(socket, Buffer.from('d'))).toBe(false)
  socket.write('s')
  expect(writes.write(socket, Buffer.from('e'))).toBe(true)
  const drained = once(socket, 'drain')
  const all = buffer(peer)
  await drained
  await expect.poll(() => socket.writableLength).toBe(0)
  expect(writes.write(socket, Buffer.from('f'))).toBe(true)
  socket.end()
  const got = await all
  expect(got.length).toBe(1 + large.length + 4)
  expect(String(got.subarray(1 + large.length))).toBe('dsef')
})

test('a second full socket is told of its own room, not of the first one’s', async () => {
  const [one, other] = [await pair(), await pair()]
  const writes = one.writes
  expect(writes.write(one.socket, large)).toBe(false)
  expect(writes.write(other.socket, large)).toBe(false)
  let isOneDrained = false
  one.socket.once('drain', () => {
    isOneDrained = true
  })
  const drained = once(other.socket, 'drain')
  other.peer.resume()
  await drained
  expect(isOneDrained).toBe(false)
})

test.each(['reset', 'destroyed'])('a %s socket that is full closes, and nothing is thrown', async (how) => {
  const { socket, peer, writes } = await pair()
  socket.on('error', () => undefined)
  expect(writes.write(socket, large)).toBe(false)
  const closed = new Promise((resolve) => socket.on('close', resolve))
  if (how === 'reset') peer.resetAndDestroy()
  else socket.destroy()
  await closed
  writes.write(socket, Buffer.from('late'))
  expect(socket.destroyed).toBe(true)
})

test('a peer that has gone ends the socket with Node’s own error', async () => {
  const { socket, peer, writes } = await pair()
  const failed = once(socket, 'error')
  peer.resetAndDestroy()
  await once(peer, 'close')
  const again = setInterval(() => writes.write(socket, Buffer.from('x')), 1)
  onTestFinished(() => clearInterval(again))
  expect(await failed).toMatchObject([{ code: expect.stringMatching(/^(ECONNRESET|EPIPE)$/) }])
})

test('a socket of another kind is written to as ever', async () => {
  const { writes } = await pair()
  const { socket, streamWrites } = await pair(join(tmpdir(), `gamut-direct-${process.pid}.sock`))
  expect(writes.write(socket, Buffer.from('abc'))).toBe(true)
  expect(streamWrites).toEqual([3])
})

test('without what it needs of Node everything goes by the stream', async () => {
  const { socket, streamWrites } = await pair()
  const writes = new DirectWrites(undefined)
  expect(writes.write(socket, Buffer.from('abc'))).toBe(true)
  expect(streamWrites).toEqual([3])
})
