import { connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { createGamut } from '../../src/index.js'
import { type Served, serve } from '../../src/node/index.js'

const open: Served[] = []

async function start() {
  const gamut = createGamut({
    authorize: () => true,
    operationsKey: 'correct-horse-battery',
    metrics: { render: async () => ({ contentType: 'text/plain', text: 'all of them' }) },
  })
  const served = await serve(gamut, { port: 0, operations: { port: 0 } })
  open.push(served)
  return { gamut, url: served.url, operationsUrl: served.operationsUrl ?? '', served }
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((served) => served.close()))
})

const key = { authorization: 'Bearer correct-horse-battery' }

describe('an entrance for operators alone (§14)', () => {
  it.each(['/metrics', '/connections', '/explain?channel=c&message=1', '/trace'])(
    'has %s, which readers’ entrance has not any more',
    async (path) => {
      const { url, operationsUrl } = await start()
      expect((await fetch(`${operationsUrl}${path}`, { headers: key })).status).toBe(200)
      expect((await fetch(`${operationsUrl}${path}`)).status).toBe(401)
      expect((await fetch(`${url}${path}`, { headers: key })).status).toBe(404)
    },
  )

  it('has no other way in: neither a handshake nor a spelling gets metrics from the readers’ entrance', async () => {
    const { url } = await start()
    const { port } = new URL(url)
    const socket = connect(Number(port), '127.0.0.1')
    socket.write(
      [
        'GET /metrics HTTP/1.1',
        'Host: localhost',
        'Authorization: Bearer correct-horse-battery',
        'Connection: Upgrade',
        'Upgrade: websocket',
        'Sec-WebSocket-Version: 13',
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
        '\r\n',
      ].join('\r\n'),
    )
    let text = ''
    for await (const chunk of socket) text += String(chunk)
    expect(text).toMatch(/^HTTP\/1\.1 404 /)
    for (const path of ['//metrics', '/metrics/', '/%6detrics', '/channels/../metrics']) {
      const answer = await fetch(`${url}${path}`, { headers: key })
      expect([path, answer.ok]).toEqual([path, false])
    }
  })

  it('gives readers nothing there, by any transport, and takes no publishes', async () => {
    const { gamut, operationsUrl } = await start()
    await gamut.publish('c', 'secret')
    for (const as of ['poll', 'long-poll', 'sse', 'ndjson']) {
      const answer = await fetch(`${operationsUrl}/channels/c?as=${as}`, { headers: key })
      expect(await answer.text()).not.toContain('secret')
    }
    const published = await fetch(`${operationsUrl}/channels/c`, { method: 'POST', body: '1' })
    expect(published.status).toBe(404)
  })

  it('tells both of health and readiness, and operators to the end of a drain', async () => {
    const { url, operationsUrl, gamut } = await start()
    for (const base of [url, operationsUrl]) {
      expect((await fetch(`${base}/healthz`)).status).toBe(200)
      expect((await fetch(`${base}/readyz`)).status).toBe(200)
    }
    await gamut.drain()
    expect((await fetch(`${operationsUrl}/readyz`)).status).toBe(503)
    expect((await fetch(`${operationsUrl}/metrics`, { headers: key })).status).toBe(200)
  })

  it('takes neither address where the other cannot be had', async () => {
    const { url } = await start()
    const gamut = createGamut({ authorize: () => true })
    const taken = Number(new URL(url).port)
    await expect(serve(gamut, { port: taken, operations: { port: 0 } })).rejects.toThrow('EADDRINUSE')
    await expect(serve(gamut, { port: 0, operations: { port: taken } })).rejects.toThrow('EADDRINUSE')
  })
})
