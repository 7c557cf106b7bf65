import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { createFaultProxy, type FaultProxy, type ProxyFaults } from '@gamut/testing'
import { describe, expect, onTestFinished, test } from 'vitest'

/** One end of a connection, whose bytes and end can be awaited. */
function watch(socket: Socket) {
  let text = ''
  let ended: 'cut' | 'reset' | undefined
  let reads = 0
  let wake = () => {}
  socket.on('data', (bytes) => {
    text += bytes.toString('latin1')
    reads++
    wake()
  })
  socket.on('end', () => {
    ended ??= 'cut'
    wake()
  })
  socket.on('error', () => {
    ended ??= 'reset'
    wake()
  })
  const until = async (done: () => boolean) => {
    while (!done()) {
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  }
  return {
    socket,
    text: () => text,
    reads: () => reads,
    ended: () => ended,
    has: (wanted: string) => until(() => text === wanted),
    hasBytes: (count: number) => until(() => text.length >= count),
    end: async () => {
      await until(() => ended !== undefined)
      return ended
    },
  }
}

async function start(faults: ProxyFaults = {}) {
  const accepted: ReturnType<typeof watch>[] = []
  let wake = () => {}
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    accepted.push(watch(socket))
    wake()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const proxy = await createFaultProxy({ target: { port: (server.address() as AddressInfo).port }, faults })
  const clients: Socket[] = []
  onTestFinished(async () => {
    for (const socket of [...clients, ...accepted.map((one) => one.socket)]) socket.destroy()
    server.close()
    await proxy.close()
  })
  async function pair() {
    const nth = accepted.length
    const socket = connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true })
    clients.push(socket)
    const client = watch(socket)
    while (!accepted[nth]) {
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
    return { client, peer: accepted[nth] }
  }
  return { proxy, pair }
}

/** Lets the loop turn a few times: what was on its way on loopback has then come. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve))
}

async function refused(proxy: FaultProxy): Promise<boolean> {
  const socket = connect({ port: proxy.port, host: '127.0.0.1' })
  try {
    await once(socket, 'connect')
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ECONNREFUSED'
  } finally {
    socket.destroy()
  }
}

describe('fault proxy', () => {
  test('without faults carries bytes and half-closes both ways, and counts them', async () => {
    const { proxy, pair } = await start()
    const { client, peer } = await pair()
    client.socket.write('question')
    await peer.has('question')
    client.socket.end()
    expect(await peer.end()).toBe('cut')
    peer.socket.end('answer')
    await client.has('answer')
    expect(await client.end()).toBe('cut')
    while (proxy.counts.open > 0) await settle()
    expect(proxy.counts).toEqual({ open: 0, accepted: 1, bytesToServer: 8, bytesToClient: 6 })
  })

  test('a reset of one side reaches the other as a reset', async () => {
    const { pair } = await start()
    const { client, peer } = await pair()
    peer.socket.resetAndDestroy()
    expect(await client.end()).toBe('reset')
  })

  test('mute takes bytes in one direction and delivers none, then and later', async () => {
    const { proxy, pair } = await start()
    const { client, peer } = await pair()
    client.socket.write('a')
    await peer.has('a')
    proxy.set({ toServer: { mute: true } })
    client.socket.write('b')
    peer.socket.write('other way')
    await client.has('other way')
    while (proxy.counts.bytesToServer < 2) await settle()
    proxy.set({})
    client.socket.write('c')
    while (proxy.counts.bytesToServer < 3) await settle()
    const second = await pair()
    second.client.socket.write('new')
    await second.peer.has('new')
    expect(peer.text()).toBe('a')
  })

  test('mute for bodies lets the first head of each connection through, in pieces too, and nothing behind it', async () => {
    const { proxy, pair } = await start({ toClient: { mute: 'bodies' } })
    const { client, peer } = await pair()
    peer.socket.write('HTTP/1.1 200 OK\r')
    await client.has('HTTP/1.1 200 OK\r')
    peer.socket.write('\n\r\nlost')
    await client.has('HTTP/1.1 200 OK\r\n\r\n')
    peer.socket.write('a: b\r\n\r\n')
    const told = 29
    while (proxy.counts.bytesToClient < told) await settle()
    proxy.set({})
    peer.socket.write('more')
    while (proxy.counts.bytesToClient < told + 4) await settle()
    expect(client.text()).toBe('HTTP/1.1 200 OK\r\n\r\n')
    const second = await pair()
    second.peer.socket.write('HTTP/1.1 200 OK\r\n\r\nall of it')
    await second.client.has('HTTP/1.1 200 OK\r\n\r\nall of it')
    proxy.set({ toClient: { mute: 'bodies' } })
    second.peer.socket.end('lost')
    while (proxy.counts.bytesToClient < told + 4 + 32) await settle()
    expect(second.client.text()).toBe('HTTP/1.1 200 OK\r\n\r\nall of it')
  })

  test('a muted way tells no end either', async () => {
    const { proxy, pair } = await start({ toClient: { mute: true } })
    const { client, peer } = await pair()
    peer.socket.end('bye')
    while (proxy.counts.bytesToClient < 3) await settle()
    await settle()
    expect([client.text(), client.ended()]).toEqual(['', undefined])
  })

  test('hold keeps bytes, and an end, until it is over', async () => {
    const { proxy, pair } = await start({ toClient: { hold: true } })
    const { client, peer } = await pair()
    peer.socket.end('kept')
    client.socket.write('passes')
    await peer.has('passes')
    await settle()
    expect([client.text(), client.ended()]).toEqual(['', undefined])
    proxy.set({})
    await client.has('kept')
    expect(await client.end()).toBe('cut')
  })

  test('hold backs the sender up', async () => {
    const { proxy, pair } = await start({ toServer: { hold: true } })
    const { client, peer } = await pair()
    let sent = 0
    while (client.socket.write(Buffer.alloc(64 * 1024))) {
      sent += 64 * 1024
      await new Promise((resolve) => setImmediate(resolve))
    }
    sent += 64 * 1024
    expect(peer.text()).toBe('')
    proxy.set({})
    await peer.hasBytes(sent)
  })

  test.each([
    ['cut', 'cut'],
    ['reset', 'reset'],
  ] as const)('%s ends every open connection on both sides', async (how, seen) => {
    const { proxy, pair } = await start()
    const { client, peer } = await pair()
    client.socket.write('x')
    await peer.has('x')
    proxy[how]()
    expect([await client.end(), await peer.end(), proxy.counts.open]).toEqual([seen, seen, 0])
    const next = await pair()
    next.client.socket.write('y')
    await next.peer.has('y')
  })

  test.each(['cut', 'reset'] as const)(
    'ends by %s right behind a byte, on each connection',
    async (endBy) => {
      const { pair } = await start({ toClient: { endAfterBytes: 5, endBy } })
      for (let round = 0; round < 2; round++) {
        const { client, peer } = await pair()
        peer.socket.write('123')
        await client.has('123')
        peer.socket.write('456789')
        await client.end()
        expect(client.text()).toBe('12345')
        // Seen from the side that gets nothing: Node 20 reports a reset right behind data as an end.
        expect(await peer.end()).toBe(endBy)
      }
    },
  )

  test('writes single bytes', async () => {
    const { pair } = await start({ toClient: { writeBytes: 1 } })
    const { client, peer } = await pair()
    peer.socket.write('0123456789')
    await client.has('0123456789')
    expect(client.reads()).toBeGreaterThan(1)
  })

  test('delays and throttles without losing or reordering', async () => {
    const { pair } = await start({ toClient: { delayMs: 30, bytesPerSecond: 1000 } })
    const { client, peer } = await pair()
    const begin = performance.now()
    peer.socket.write('a'.repeat(100))
    await client.hasBytes(1)
    peer.socket.write('b'.repeat(20))
    await client.has('a'.repeat(100) + 'b'.repeat(20))
    // Only a lower bound: a busy machine is slower, never faster.
    expect(performance.now() - begin).toBeGreaterThan(100)
  })

  test('refuses connections while open ones live, and takes them again', async () => {
    const { proxy, pair } = await start()
    const { client, peer } = await pair()
    await proxy.refuse()
    expect(await refused(proxy)).toBe(true)
    client.socket.write('still')
    await peer.has('still')
    await proxy.accept()
    expect(await refused(proxy)).toBe(false)
  })

  test('cuts a connection once nothing came for so long, counted from the last byte', async () => {
    const { proxy, pair } = await start()
    const { client, peer } = await pair()
    proxy.set({ idleMs: 300 })
    for (let round = 1; round <= 4; round++) {
      client.socket.write('.')
      await peer.hasBytes(round)
    }
    const last = performance.now()
    expect(await client.end()).toBe('cut')
    // Timers may be a millisecond early by this clock.
    expect(performance.now() - last).toBeGreaterThan(290)
  })

  test('leads later connections elsewhere once it is aimed there, and leaves open ones', async () => {
    const [first, second] = [await start(), await start()]
    const { client, peer } = await first.pair()
    first.proxy.aim({ port: second.proxy.port })
    client.socket.write('still here')
    await peer.has('still here')
    const later = connect({ port: first.proxy.port, host: '127.0.0.1' })
    onTestFinished(() => void later.destroy())
    later.write('there')
    while (second.proxy.counts.bytesToServer < 5) await settle()
    expect(first.proxy.counts.accepted).toBe(2)
  })

  test('a server that is not there ends the connection', async () => {
    const proxy = await createFaultProxy({ target: { port: 1 } })
    onTestFinished(() => proxy.close())
    const client = watch(connect({ port: proxy.port, host: '127.0.0.1' }))
    expect(await client.end()).toBe('reset')
  })
})
