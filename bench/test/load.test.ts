import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import { describeWith } from '../../e2e/support/parts.js'
import { startLoad } from '../load/start-load.ts'
import { message } from '../scenarios/message.ts'
import type { Posting, Reading } from '../systems/system.ts'

const reading: Reading = { mode: 'stream', path: '/@CH@' }
const posting: Posting = { method: 'POST', path: '/@CH@', body: message() }

/** Sends the `count`th message to a reader, as it should or not. */
type Send = (reader: ServerResponse, text: string, count: number, index: number) => void

const well: Send = (reader, text) => void reader.write(text)

/** A small fan-out that can be told to do wrong. */
async function startServer(send: Send, answers = true) {
  const readers: ServerResponse[] = []
  let count = 0
  const server = createServer((request, response) => {
    if (request.method === 'GET') {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.flushHeaders()
      readers.push(response)
      return
    }
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      count += 1
      const text = Buffer.concat(parts).toString()
      for (const [index, reader] of readers.entries()) send(reader, `data: ${text}\n\n`, count, index)
      if (answers) response.writeHead(201, { 'content-length': 0 }).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const end = async () => {
    server.closeAllConnections()
    server.close()
  }
  return { port, [Symbol.asyncDispose]: end }
}

/** Ten readers, 200 messages a second, a window of half a second. */
async function measure(send: Send) {
  await using server = await startServer(send)
  const load = await startLoad({
    port: server.port,
    readers: { count: 10, reading },
    requests: { posting, connections: 4, rate: 200 },
  })
  try {
    expect(await load.open()).toMatchObject({ ready: 10, failed: 0 })
    return await load.run(0, 0.5)
  } finally {
    await load.stop()
  }
}

describeWith('cc', 'the load generator', () => {
  it('counts every delivery, and each once', async () => {
    const result = await measure(well)
    expect(result).toMatchObject({ lost: 0, missing: 0, repeated: 0, closed: 0, wrongStatus: 0 })
    expect(result.allAnswered).toBeGreaterThan(10)
    expect(result.deliveries).toBe(result.allAnswered * 10)
    expect(result.delay.count).toBe(result.windowDeliveries)
  })

  it('goes on with the same readers, and counts each window alone', async () => {
    await using server = await startServer(well)
    const load = await startLoad({
      port: server.port,
      pids: [process.pid],
      readers: { count: 10, reading },
      requests: { posting, connections: 4, rate: 200 },
    })
    try {
      await load.open()
      const first = await load.run(0.1, 0.4)
      const second = await load.run(0.1, 0.4)
      expect(second).toMatchObject({ lost: 0, missing: 0, repeated: 0, closed: 0, wrongStatus: 0 })
      expect(second.deliveries - first.deliveries).toBeGreaterThanOrEqual(second.windowDeliveries)
      expect(second.deliveries).toBe(second.allAnswered * 10)
      expect(second.delay.count).toBe(second.windowDeliveries)
      expect(second.cpuUs).toBeGreaterThan(0)
    } finally {
      await load.stop()
    }
  })

  it('is busy only while there is something to do, though it never sleeps', async () => {
    await using server = await startServer(well)
    const load = await startLoad({
      port: server.port,
      readers: { count: 1, reading },
      requests: { posting, connections: 1, rate: 20 },
    })
    try {
      await load.open()
      const { busyShare } = await load.run(0, 0.5)
      expect(busyShare).toBeGreaterThan(0)
      expect(busyShare).toBeLessThan(0.9)
    } finally {
      await load.stop()
    }
  })

  it('says how many of its requests were never answered', { timeout: 20_000 }, async () => {
    await using server = await startServer(() => {}, false)
    const load = await startLoad({ port: server.port, requests: { posting, connections: 3, rate: 0 } })
    try {
      expect(await load.run(0, 0.2)).toMatchObject({ answered: 0, missing: 3 })
    } finally {
      await load.stop()
    }
  })

  it('finds a marker that comes in two pieces', async () => {
    // Each message waits for the end of the one before, or two of one turn would be mixed.
    const before = new Map<ServerResponse, Promise<void>>()
    const result = await measure((reader, text) => {
      const sent = (before.get(reader) ?? Promise.resolve()).then(async () => {
        reader.socket?.write(text.slice(0, 20))
        await new Promise((resolve) => setImmediate(resolve))
        reader.socket?.write(text.slice(20))
      })
      before.set(reader, sent)
    })
    expect(result).toMatchObject({ lost: 0, missing: 0, repeated: 0 })
    expect(result.deliveries).toBe(result.allAnswered * 10)
  })

  it('notices a message that one reader did not get', async () => {
    const result = await measure((reader, text, count, index) => {
      if (count !== 10 || index !== 3) reader.write(text)
    })
    expect(result.lost + result.missing).toBe(1)
  })

  it('notices a message that comes twice', async () => {
    const result = await measure((reader, text, count, index) => {
      reader.write(count === 5 && index === 0 ? text + text : text)
    })
    expect(result).toMatchObject({ lost: 0, missing: 0, repeated: 1 })
  })
})
