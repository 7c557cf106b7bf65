import { fileURLToPath } from 'node:url'
import { openReader, openSocketReader, takeKind, takeMessages } from '@gamut/testing'
import { describe, expect, test } from 'vitest'
import { freePort } from './support/free-port.js'
import { startProcess } from './support/start-process.js'

const folder = fileURLToPath(new URL('../examples/', import.meta.url))

/** Starts an example as its reader would, on a port of its own. */
async function startExample(name: string) {
  const port = await freePort()
  const example = startProcess({
    command: process.execPath,
    args: ['server.js'],
    cwd: `${folder}${name}`,
    env: { PORT: String(port) },
  })
  await example.waitFor((output) => output.includes('listening'))
  return { ...example, origin: `http://127.0.0.1:${port}` }
}

function post(url: string, body: unknown) {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
}

describe.each(['node-http', 'express', 'fastify', 'hono'])('the example in %s', (name) => {
  test('serves its own pages beside channels, and ends cleanly with readers on (§12)', async () => {
    const { origin, stop } = await startExample(name)
    const realtime = `${origin}/realtime`

    expect(await (await fetch(`${origin}/`)).text()).toBe('The application itself.\n')
    const foreign = await fetch(`${origin}/channels/orders`)
    expect(foreign.status).toBe(404)
    expect(await foreign.text()).not.toContain('PROTOCOL')

    const events = openReader('sse', {
      origin: realtime,
      channel: 'orders',
      cursor: 'newest',
      envelope: true,
    })
    await takeKind(events, 'open')
    expect((await post(`${origin}/orders`, {})).status).toBe(201)
    expect(await takeMessages(events, 1)).toMatchObject([{ message: { data: '{"state":"placed"}' } }])

    const refused = await post(`${realtime}/channels/orders`, 'mine')
    expect(refused.status).toBe(403)
    const socket = openSocketReader({ origin: realtime, channel: 'chat/lobby', cursor: 'newest' })
    await takeKind(socket, 'open')
    expect((await post(`${realtime}/channels/chat/lobby`, 'hello')).status).toBe(201)
    socket.send({ type: 'publish', channel: 'chat/lobby', data: 'from the socket' })
    expect(await takeMessages(socket, 2)).toMatchObject([
      { message: { data: '"hello"' } },
      { message: { data: '"from the socket"' } },
    ])

    const ended = stop('SIGTERM')
    expect((await takeKind(events, 'reconnect')).afterMs).toBeGreaterThan(0)
    expect(await ended).toEqual({ code: 0, signal: null })
  })
})
