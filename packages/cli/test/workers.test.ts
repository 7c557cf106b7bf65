import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { transports } from '@gamut/protocol'
import { createFollower, openReader, takeKind, takeMessages } from '@gamut/testing'
import { describe, expect, it } from 'vitest'
import { type RunningGamut, startGamut } from '../../../e2e/support/gamut.js'
import { until } from '../../../e2e/support/until.js'
import { runCommand } from './run-command.js'
import { temporaryFiles } from './temporary-files.js'

const command = fileURLToPath(new URL('../bin/gamut.js', import.meta.url))

/** The processes that one has begun. */
function childrenOf(pid: number): readonly number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number)
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Asks once, on a connection that is closed behind the answer. */
function ask({ url }: RunningGamut, path: string): Socket {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  socket.on('error', () => {})
  socket.resume().end(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n`)
  return socket
}

async function publish({ url }: RunningGamut, data: unknown): Promise<void> {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(`${url}/channels/a`, { method: 'POST', headers, body: JSON.stringify(data) })
  expect(response.status).toBe(201)
}

describe.skipIf(process.platform !== 'linux')('several workers', () => {
  it('share one port and one log, whichever of them a reader or publisher meets (§4)', async () => {
    const server = await startGamut(['--workers', '2'])
    expect(server.output()).toContain('2 processes share the port')
    const readers = Array.from({ length: 4 }, () =>
      transports.map((transport) =>
        openReader(transport, { origin: server.url, channel: 'a', cursor: 'oldest', pollMs: 20 }),
      ),
    ).flat()
    for (let count = 1; count <= 8; count += 1) await publish(server, count)
    for (const reader of readers) {
      const messages = await takeMessages(reader, 8)
      expect(messages.map(({ message }) => Number(message.data))).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
      reader.close()
    }
  })

  it('are counted together, whichever is asked (§14)', async () => {
    const server = await startGamut(['--workers', '2'])
    for (let count = 0; count < 6; count += 1) await publish(server, count)
    for (let asked = 0; asked < 4; asked += 1) {
      const text = await (await fetch(`${server.url}/metrics`)).text()
      expect(text).toMatch(/^gamut_published_total 6$/m)
      expect(text).toMatch(/^gamut_publish_seconds_count 6$/m)
      expect(text).toMatch(/^gamut_broker_up 1$/m)
    }
  })

  it('outlive one of them: its readers go on at another, and it is begun anew (§8)', async () => {
    const server = await startGamut(['--workers', '2'])
    const followers = Array.from({ length: 6 }, () =>
      createFollower({
        origin: server.url,
        channel: 'a',
        transport: 'sse',
        cursor: 'oldest',
        silenceMs: 60_000,
        backoff: { firstMs: 20, greatestMs: 200 },
      }),
    )
    await publish(server, 1)
    const seen = followers.map(() => [] as number[])
    const reading = followers.map(async (follower, index) => {
      for (let event = await follower.next(); event; event = await follower.next())
        if (event.kind === 'message') seen[index]?.push(Number(event.message.data))
    })
    await until(() => seen.every(({ length }) => length === 1))
    const [first = 0] = childrenOf(server.pid)
    process.kill(first, 'SIGKILL')
    await until(() => !isAlive(first) && childrenOf(server.pid).length === 2)
    await publish(server, 2)
    await until(() => seen.every(({ length }) => length >= 2))
    expect(seen).toEqual(followers.map(() => [1, 2]))
    for (const follower of followers) follower.close()
    await Promise.all(reading)
  })

  it('are at the same port again when all of them died together, also at one that was found for them', async () => {
    const server = await startGamut(['--workers', '2'])
    const dead = childrenOf(server.pid)
    for (const pid of dead) process.kill(pid, 'SIGKILL')
    await until(async () => {
      const answer = await fetch(`${server.url}/readyz`).catch(() => undefined)
      return answer?.status === 200 && !dead.some(isAlive)
    })
    await publish(server, 1)
  })

  it('leave no connection without an end that was on its way to one that died', async () => {
    const server = await startGamut(['--workers', '2'])
    const [frozen = 0] = childrenOf(server.pid)
    process.kill(frozen, 'SIGSTOP')
    const asked = Array.from({ length: 4 }, () => ask(server, '/healthz'))
    // Whoever is frozen is handed one connection, and does not take it.
    await until(() => asked.filter((socket) => socket.closed).length === 3)
    process.kill(frozen, 'SIGKILL')
    await until(() => asked.every((socket) => socket.closed))
  })

  it('are killed and begun anew when they are blocked, and the log says so', {
    timeout: 40_000,
  }, async () => {
    const folder = temporaryFiles({
      'gamut.config.mjs': `export default { onPublish: () => { for (;;); } }`,
    })
    const server = await startGamut(['--workers', '2', '--config', join(folder, 'gamut.config.mjs')])
    const before = childrenOf(server.pid)
    const publishing = fetch(`${server.url}/channels/a`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '1',
    })
    await expect(publishing).rejects.toThrow()
    await until(() => before.filter(isAlive).length === 1 && childrenOf(server.pid).length === 2)
    expect(server.output()).toContain('a worker is blocked and is killed')
  })

  it('drain together and end with the process above them (§10)', async () => {
    const server = await startGamut(['--workers', '2'])
    const workers = childrenOf(server.pid)
    const reader = openReader('sse', { origin: server.url, channel: 'a' })
    await takeKind(reader, 'open')
    const ending = server.stop('SIGTERM')
    await takeKind(reader, 'reconnect')
    expect(await ending).toEqual({ code: 0, signal: null })
    expect(workers.filter(isAlive)).toEqual([])
  })

  it('end by themselves when the process above them is killed', async () => {
    // Started here, for the tests' own way to start one ends all that it began with it.
    const server = spawn(process.execPath, [command, 'serve', '--workers', '2', '--port', '0'], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { PATH: process.env['PATH'] },
    })
    await once(server.stdout, 'data')
    const workers = childrenOf(server.pid ?? 0)
    expect(workers).toHaveLength(2)
    server.kill('SIGKILL')
    await until(() => workers.filter(isAlive).length === 0)
  })

  it('run the start of a config file once', async () => {
    const folder = temporaryFiles({
      'gamut.config.mjs': `export default { workers: 2, start: (gamut) => gamut.publish('a', process.pid) }`,
    })
    const server = await startGamut(['--config', join(folder, 'gamut.config.mjs')])
    await publish(server, 'second')
    const answer = await (await fetch(`${server.url}/channels/a?cursor=oldest`)).json()
    expect(answer.messages).toHaveLength(2)
  })

  it('say why none of them can listen, once', async () => {
    const { port } = await startGamut()
    const { code, err } = await runCommand(['serve', '--workers', '2', '--port', `${port}`])
    expect(code).toBe(1)
    expect(err.match(/another program listens there already/g)).toHaveLength(1)
  })

  it('refuse channels of a config file as one process does: by the name of the option', async () => {
    const folder = temporaryFiles({
      'gamut.config.mjs': 'export default { channels: { a: { keye: true } } }',
    })
    const args = ['serve', '--port', '0', '--config', join(folder, 'gamut.config.mjs')]
    const [one, two] = await Promise.all([runCommand(args), runCommand([...args, '--workers', '2'])])
    expect(two).toEqual(one)
    expect(two).toMatchObject({
      code: 2,
      err: expect.stringContaining('gamut.config.mjs: channels["a"].keye'),
    })
  })

  it.each(['0', 'two', '1.5', '1000'])('refuse %s as their number', async (count) => {
    const { code, err } = await runCommand(['serve', '--workers', count])
    expect(code).toBe(2)
    expect(err).toContain('--workers: a number from 1 to 256 or auto is needed')
  })
})
