import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, expect, test } from 'vitest'
import { FramedWrites, gather } from '../../src/node/framed-writes.js'

const open: { close(): void }[] = []
afterEach(() => {
  for (const each of open.splice(0)) each.close()
})

/** A socket and its peer. */
async function pair(): Promise<{ readonly socket: Socket; readonly peer: Socket }> {
  const server = createServer().listen(0)
  open.push(server)
  await once(server, 'listening')
  const address = server.address()
  const peer = connect(typeof address === 'object' && address ? address.port : 0)
  const [socket] = (await once(server, 'connection')) as [Socket]
  open.push({ close: () => peer.destroy() })
  return { socket, peer }
}

const chunk = (letter: string, length = 1) => new TextEncoder().encode(letter.repeat(length))

function countingFrames() {
  const framed: string[] = []
  const writes = new FramedWrites((bytes) => {
    framed.push(String.fromCharCode(bytes[0] ?? 0))
    return Buffer.concat([Buffer.from('<'), bytes, Buffer.from('>')])
  })
  return { writes, framed }
}

test('frames once what many sockets get, and gives each its own pieces in order', async () => {
  const { writes, framed } = countingFrames()
  const [a, b, c] = [chunk('a'), chunk('b'), chunk('c')]
  const given = [[a, b], [a, b], [a, b], [a, c], [b], [a, b, c], [a, b, c], [a], [a, b]]
  const received: string[] = []
  for (const chunks of given) {
    const one = await pair()
    writes.write(one.socket, chunks)
    one.socket.end()
    received.push(await text(one.peer))
  }
  expect(received).toEqual([
    '<a><b>',
    '<a><b>',
    '<a><b>',
    '<a><c>',
    '<b>',
    '<a><b><c>',
    '<a><b><c>',
    '<a>',
    '<a><b>',
  ])
  expect(framed).toEqual(['a', 'b', 'c'])
})

test('says of several large pieces too when a socket is full, and loses none', async () => {
  const { writes } = countingFrames()
  const pieces = [chunk('a', 3_000_000), chunk('b', 3_000_000)]
  for (let round = 0; round < 3; round++) {
    const { socket, peer } = await pair()
    expect(writes.write(socket, pieces)).toBe(false)
    socket.end()
    const all = await text(peer)
    expect(all.length).toBe(6_000_004)
    expect(all.indexOf('<b')).toBe(3_000_002)
  }
})

test('lets a head go without waiting for what does not follow', async () => {
  const { socket, peer } = await pair()
  gather(socket)
  socket.write('head')
  expect(String(await once(peer, 'data'))).toBe('head')
})
