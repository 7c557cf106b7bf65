import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import type { GamutOptions } from '@gamut/server'
import { openReader, openSocketReader, takeMessages, takeUntil, type WireReader } from '@gamut/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type RunningProcess, startProcess } from './support/start-process.js'

const script = fileURLToPath(new URL('./support/bounded-process.mjs', import.meta.url))
const patience = { timeout: 30_000, interval: 100 }

interface Resources {
  readonly counts: Readonly<Record<string, number>>
  readonly heap: number
  readonly connections: number
}

interface Bounded extends RunningProcess {
  readonly origin: string
  readonly port: number
  /** Open descriptors of the process. */
  descriptors(): number
  resources(): Promise<Resources>
}

/** A server with so many descriptors; this machine is counted too. */
async function startBounded(descriptors: number, options: GamutOptions = {}): Promise<Bounded> {
  const server = startProcess({
    command: 'sh',
    args: ['-c', `ulimit -n ${descriptors}; exec "$0" --expose-gc "$1"`, process.execPath, script],
    env: { GAMUT_TEST_SERVER: JSON.stringify({ options: { unlimitedAddresses: [], ...options } }) },
  })
  const [, origin = '', port] = await server.waitFor((output) => /listening at (http:\S+:(\d+))/.exec(output))
  return {
    ...server,
    origin,
    port: Number(port),
    descriptors: () => readdirSync(`/proc/${server.pid}/fd`).length,
    resources: async () => (await fetch(`${origin}/resources`)).json() as Promise<Resources>,
  }
}

/** Sockets that say what they are told, and nothing more. */
async function crowd(port: number, count: number, text = ''): Promise<readonly Socket[]> {
  const sockets: Socket[] = []
  for (let n = 0; n < count; n++) {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => {})
    sockets.push(socket)
    if (text) socket.write(text)
    // As many at once as the system lets wait.
    if (n % 100 === 99) await Promise.race([once(socket, 'connect'), once(socket, 'close')])
  }
  onTestFinished(() => leave(sockets))
  return sockets
}

function leave(sockets: readonly Socket[]): void {
  for (const socket of sockets) socket.destroy()
}

function read(origin: string): WireReader {
  const reader = openReader('ndjson', { origin, channel: 'a', cursor: 'oldest' })
  onTestFinished(() => reader.close())
  return reader
}

/** What the process has when it has done this once and nobody is left. */
async function settled(server: Bounded) {
  await expect.poll(async () => (await server.resources()).connections, patience).toBe(0)
  return { ...(await server.resources()), descriptors: server.descriptors() }
}

async function expectBack(server: Bounded, before: Awaited<ReturnType<typeof settled>>): Promise<void> {
  await expect.poll(server.descriptors, patience).toBeLessThanOrEqual(before.descriptors + 2)
  await expect.poll(async () => (await server.resources()).counts, patience).toEqual(before.counts)
  const after = await server.resources()
  expect(after.heap - before.heap).toBeLessThan(8 * 1024 * 1024)
}

async function publish(origin: string): Promise<void> {
  const headers = { 'content-type': 'text/plain', connection: 'close' }
  const response = await fetch(`${origin}/channels/a`, { method: 'POST', headers, body: 'x' })
  expect(response.status).toBe(201)
}

const upgrade = [
  'GET /channels/a?cursor=newest HTTP/1.1',
  'host: x',
  'connection: upgrade',
  'upgrade: websocket',
  'sec-websocket-version: 13',
  'sec-websocket-key: MDEyMzQ1Njc4OWFiY2RlZg==',
  '\r\n',
].join('\r\n')
/** A masked close frame without a code. */
const close = Buffer.from([0x88, 0x80, 0, 0, 0, 0])

const poll = 'GET /channels/a?as=poll HTTP/1.1\r\nhost: x\r\n\r\n'

describe('a server that is attacked (§10, I18, I19)', () => {
  it('serves others while 5,000 sockets say nothing, and keeps few of these', async () => {
    const server = await startBounded(20_000)
    const before = server.descriptors()
    const reader = read(server.origin)
    await publish(server.origin)
    await takeMessages(reader, 1)
    const silent = await crowd(server.port, 5000)
    await publish(server.origin)
    await takeMessages(reader, 1)
    await takeMessages(read(server.origin), 2)
    expect(server.descriptors()).toBeLessThan(before + 150)
    leave(silent)
    await expect.poll(server.descriptors, patience).toBeLessThanOrEqual(before + 10)
  })

  it('has those wait whom it cannot accept yet: all who come back at once, as far as the kernel allows', async () => {
    const server = await startBounded(8192)
    const allowed = Number(readFileSync('/proc/sys/net/core/somaxconn', 'utf8'))
    const count = Math.min(1500, allowed)
    process.kill(server.pid, 'SIGSTOP')
    onTestFinished(() => void process.kill(server.pid, 'SIGCONT'))
    const sockets = Array.from({ length: count }, () => connect(server.port, '127.0.0.1'))
    onTestFinished(() => leave(sockets))
    // One that is dropped asks again after a second, and is dropped again.
    await Promise.all(sockets.map((socket) => once(socket, 'connect')))
  })

  it('keeps what it holds when sockets want more descriptors than there are, and serves again after', async () => {
    const server = await startBounded(200)
    const before = server.descriptors()
    const reader = read(server.origin)
    await publish(server.origin)
    await takeMessages(reader, 1)
    const sockets = await crowd(server.port, 400, poll)
    await expect
      .poll(() => sockets.filter(({ destroyed }) => destroyed).length, patience)
      .toBeGreaterThan(200)
    const kept = sockets.find(({ destroyed }) => !destroyed)
    expect(server.descriptors()).toBeLessThan(200)
    const headers =
      'POST /channels/a HTTP/1.1\r\nhost: x\r\ncontent-type: text/plain\r\ncontent-length: 1\r\n\r\nx'
    kept?.write(headers)
    await takeMessages(reader, 1)
    leave(sockets)
    await expect.poll(server.descriptors, patience).toBeLessThanOrEqual(before + 10)
    await takeMessages(read(server.origin), 2)
  })

  it('outlives that there is no descriptor left at all', async () => {
    const server = await startBounded(200)
    const reader = read(server.origin)
    await publish(server.origin)
    await takeMessages(reader, 1)
    const [kept] = await crowd(server.port, 1, poll)
    await once(kept as Socket, 'data')
    process.kill(server.pid, 'SIGUSR2')
    await server.waitFor((output) => /took \d+: EMFILE/.exec(output))
    const sockets = await crowd(server.port, 50, poll)
    await expect.poll(() => sockets.every(({ destroyed }) => destroyed), patience).toBe(true)
    kept?.write(
      'POST /channels/a HTTP/1.1\r\nhost: x\r\ncontent-type: text/plain\r\ncontent-length: 1\r\n\r\nx',
    )
    await takeMessages(reader, 1)
    process.kill(server.pid, 'SIGUSR2')
    await server.waitFor((output) => output.includes('gave back'))
    await takeMessages(read(server.origin), 2)
  })

  it('has nothing left of ten thousand readers that came and went over real sockets', async () => {
    const server = await startBounded(20_000, { unlimitedAddresses: ['127.0.0.1'], acceptBurst: 20_000 })
    const ways = ['as=sse', 'as=ndjson', 'as=long-poll&wait=60']
    const round = async (count: number) => {
      const sockets = await Promise.all(
        ways.map((way, n) =>
          crowd(server.port, count, `GET /channels/c${n}?${way}&cursor=newest HTTP/1.1\r\nhost: x\r\n\r\n`),
        ),
      )
      const held = sockets.flat()
      await expect.poll(async () => (await server.resources()).connections, patience).toBe(held.length)
      leave(held)
    }
    await round(100)
    const before = await settled(server)
    for (let n = 0; n < 10; n++) {
      await round(334)
      await settled(server)
    }
    await expectBack(server, before)
  }, 120_000)

  it('has nothing left of ten thousand WebSockets that were told of messages and went, with and without a word', async () => {
    const server = await startBounded(20_000, { unlimitedAddresses: ['127.0.0.1'], acceptBurst: 20_000 })
    const round = async (count: number) => {
      const sockets = await crowd(server.port, count, upgrade)
      await expect.poll(async () => (await server.resources()).connections, patience).toBe(count)
      for (const socket of sockets) socket.resume()
      for (let n = 0; n < 20; n++) await publish(server.origin)
      const [some, others] = [sockets.slice(count / 2), sockets.slice(0, count / 2)]
      for (const socket of some) socket.write(close)
      leave(others)
      await settled(server)
      leave(some)
    }
    await round(100)
    const before = await settled(server)
    for (let n = 0; n < 10; n++) await round(1000)
    await expectBack(server, before)
  }, 120_000)

  it('has nothing left of ten thousand subscriptions that one WebSocket has begun and left', async () => {
    const server = await startBounded(200, { unlimitedAddresses: ['127.0.0.1'] })
    const round = async () => {
      const socket = openSocketReader({ origin: server.origin, channel: 'home' })
      onTestFinished(() => socket.close())
      for (let n = 0; n < 10_000; n++) {
        const channel = `c${n % 90}`
        socket.send({ type: 'subscribe', channel })
        socket.send({ type: 'unsubscribe', channel, ref: n })
        if (n % 50 < 49) continue
        const told = await takeUntil(socket, (event) => event.kind === 'ok' && event.ref === n)
        expect(told.filter(({ kind }) => kind === 'error')).toEqual([])
      }
      socket.close()
    }
    await round()
    const before = await settled(server)
    await round()
    await expectBack(server, before)
  }, 120_000)
})
