import { connect, type Socket } from 'node:net'
import { openReader } from '@gamut/testing'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { createGamut } from '../../src/index.js'
import { serve } from '../../src/node/index.js'

async function start() {
  const gamut = createGamut({ authorize: () => true, channels: { 'k/*': { keyed: true } } })
  const served = await serve(gamut, { port: 0 })
  onTestFinished(() => served.close())
  return { gamut, port: served.port, url: served.url }
}

/** Sends bytes, ends that side, and waits until the server has ended its own. */
function sendAndEnd(port: number, bytes: Buffer): Promise<string> {
  return new Promise((resolve) => {
    const socket: Socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    const answer: Buffer[] = []
    socket.on('data', (chunk) => {
      answer.push(chunk)
      // An endless answer is enough of one.
      if (String(chunk).includes('event-stream') || String(chunk).includes('x-ndjson')) socket.destroy()
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(Buffer.concat(answer).toString()))
    socket.on('end', () => socket.end())
    socket.end(bytes)
  })
}

function request(method: string, target: string, headers: Record<string, string>, body: string): Buffer {
  const lines = {
    Host: 'x',
    Connection: 'close',
    'Content-Length': String(Buffer.byteLength(body)),
    ...headers,
  }
  const head = Object.entries(lines).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.from(`${method} ${target} HTTP/1.1\r\n${head.join('')}\r\n${body}`)
}

const json = { 'Content-Type': 'application/json' }
const valid = [
  request('POST', '/channels/fuzz?event=e', { ...json, 'Idempotency-Key': 'k' }, '{"a":[1,"é\u2028"]}'),
  request(
    'POST',
    '/channels/fuzz',
    { 'Content-Type': 'application/x-ndjson' },
    '{"data":1}\n{"data":2,"id":"x"}\n',
  ),
  request(
    'POST',
    '/publish',
    json,
    '{"messages":[{"channel":"fuzz","data":1},{"channel":"k/a","key":"k","data":2}]}',
  ),
  request('DELETE', '/channels/k/a?key=k', {}, ''),
  request('GET', '/channels/fuzz?cursor=oldest&limit=3', { 'If-None-Match': 'W/"x"', Prefer: 'wait=0' }, ''),
  request(
    'GET',
    '/channels?channel=fuzz&channel=k/a&as=sse',
    { 'Last-Event-ID': 's.00000000.a.1.0~b.2.0' },
    '',
  ),
]

describe('whatever bytes come', () => {
  it('a request that is cut at any byte stores nothing, and every other is answered', async () => {
    const { port, url } = await start()
    const bytes = valid[0] as Buffer
    for (let cut = 0; cut < bytes.length; cut++) await sendAndEnd(port, bytes.subarray(0, cut))
    const answer = await (await fetch(`${url}/channels/fuzz?cursor=oldest`)).json()
    expect(answer).toMatchObject({ outcome: 'live', messages: [] })
    expect(await sendAndEnd(port, bytes)).toMatch(/^HTTP\/1.1 201 /)
  })

  it('a request with any bytes changed gets a status of its own and ends nobody else (I18)', async () => {
    const { gamut, port, url } = await start()
    const reader = openReader('sse', { origin: url, channel: 'witness' })
    onTestFinished(() => reader.close())
    const change = fc.tuple(fc.nat(400), fc.integer({ min: 0, max: 255 }))
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...valid),
        fc.array(change, { minLength: 1, maxLength: 4 }),
        async (bytes, changes) => {
          const changed = Buffer.from(bytes)
          for (const [at, byte] of changes) changed[at % changed.length] = byte
          const answer = await sendAndEnd(port, changed)
          expect(answer === '' || /^HTTP\/1\.1 [234]\d\d /.test(answer), answer).toBe(true)
        },
      ),
      { numRuns: 300 },
    )
    await gamut.publish('witness', 'still here')
    for await (const event of reader) if (event.kind === 'message') break
    reader.close()
    await expect.poll(() => gamut.connections).toBe(0)
  })

  it('any text as a frame is answered or ends the connection, and the server lives on', async () => {
    const { gamut, url } = await start()
    const frames = [
      '{"type":"subscribe","ref":1,"channel":"fuzz","cursor":"oldest"}',
      '{"type":"publish","ref":2,"channel":"fuzz","data":{"__proto__":1},"id":"i"}',
      '{"type":"unsubscribe","ref":"x","channel":"fuzz"}',
      '{"type":"ping"}',
    ]
    const mutated = fc
      .tuple(fc.constantFrom(...frames), fc.nat(80), fc.string({ maxLength: 3 }))
      .map(([frame, at, text]) => frame.slice(0, at) + text + frame.slice(at + text.length))
    const text = fc.oneof(mutated, fc.string(), fc.json(), fc.constantFrom(...frames))
    await fc.assert(
      fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 8 }), async (texts) => {
        const socket = new WebSocket(`${url.replace('http', 'ws')}/connect`)
        socket.on('error', () => {})
        await new Promise((resolve) => socket.once('open', resolve))
        const done = new Promise((resolve) => {
          socket.on('message', (data) => String(data).includes('"ref":"last"') && resolve('answered'))
          socket.on('close', resolve)
        })
        for (const one of texts) socket.send(one)
        socket.send('{"type":"ping","ref":"last"}')
        const outcome = await done
        expect(['answered', 4200]).toContain(outcome)
        socket.terminate()
      }),
      { numRuns: 200 },
    )
    expect((await fetch(`${url}/healthz`)).status).toBe(200)
    await expect.poll(() => gamut.connections).toBe(0)
  })
})
