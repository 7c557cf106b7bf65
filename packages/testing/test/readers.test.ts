import { type Cursor, formatSetCursor, parseChannelName, type TransportName } from '@gamut/protocol'
import { openReader, openSocketReader, type ReaderEvent, type WireReader } from '@gamut/testing'
import { describe, expect, onTestFinished, test } from 'vitest'
import { WebSocketServer } from 'ws'
import { freePort, serveScript } from './scripted-server.js'

const origin = (port: number) => `http://127.0.0.1:${port}/base`
const event = (text: string) => `${text.split('|').join('\n')}\n\n`

async function drain(reader: WireReader): Promise<readonly ReaderEvent[]> {
  const events: ReaderEvent[] = []
  for await (const next of reader) events.push(next)
  return events
}

/** Answers each request with the next text, on one connection each, and keeps what was asked. */
async function serveTexts(texts: readonly string[]) {
  const asked: string[] = []
  const port = await serveScript(async ({ request, socket }, count) => {
    asked.push(await request())
    socket.end(texts[count - 1] ?? 'HTTP/1.1 503 Gone\r\nContent-Length: 0\r\n\r\n')
  })
  return { port, asked, targets: () => asked.map((head) => head.split(' ')[1]) }
}

const json = (body: object, headers = '', status = '200 OK') => {
  const text = JSON.stringify(body)
  return `HTTP/1.1 ${status}\r\n${headers}Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`
}
const stream = (type: string, body: string) => `HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\n\r\n${body}`

const answer = (more: object) => ({ channel: 'a', more: false, closed: false, pollAfterMs: 0, ...more })

describe('poll reader', () => {
  test('goes on where the last answer ended, sends its tag, and ends with the channel', async () => {
    const one = { offset: 1, time: 5, tag: 't1', data: { b: 1.0 } }
    const server = await serveTexts([
      json(answer({ outcome: 'live', messages: [one], cursor: 'e.1.t1' }), 'ETag: W/"1"\r\n'),
      'HTTP/1.1 304 Not Modified\r\n\r\n',
      json(
        answer({
          outcome: 'gap',
          gap: { reason: 'expired', after: 'e.1.t1', cursor: 'e.8.t8' },
          messages: [{ offset: 9, time: 6, data: null, key: 'k' }],
          cursor: 'e.9.0',
          closed: true,
        }),
      ),
    ])
    const reader = openReader('poll', { origin: origin(server.port), channel: 'a', last: 1, limit: 7 })
    const events = await drain(reader)
    expect(events).toEqual([
      { kind: 'open', channel: 'a', outcome: 'live' },
      {
        kind: 'message',
        channel: 'a',
        cursor: 'e.1.t1',
        message: { offset: 1, time: 5, tag: 't1', data: '{"b":1}' },
      },
      { kind: 'batch', channel: 'a', cursor: 'e.1.t1', count: 1 },
      { kind: 'answer', status: 200, count: 1, more: false, closed: false, pollAfterMs: 0 },
      { kind: 'answer', status: 304, count: 0, more: false, closed: false, pollAfterMs: 0 },
      { kind: 'gap', channel: 'a', reason: 'expired', after: 'e.1.t1', cursor: 'e.8.t8' },
      {
        kind: 'message',
        channel: 'a',
        cursor: 'e.9.0',
        message: { offset: 9, time: 6, tag: '0', data: 'null', key: 'k' },
      },
      { kind: 'batch', channel: 'a', cursor: 'e.9.0', count: 1 },
      { kind: 'answer', status: 200, count: 1, more: false, closed: true, pollAfterMs: 0 },
      { kind: 'end', channel: 'a', reason: 'closed' },
      { kind: 'closed', how: 'complete', status: 200 },
    ])
    expect(server.targets()).toEqual([
      '/base/channels/a?as=poll&last=1&limit=7',
      '/base/channels/a?as=poll&cursor=e.1.t1&limit=7',
      '/base/channels/a?as=poll&cursor=e.1.t1&limit=7',
    ])
    expect(server.asked[1]).toContain('\r\nIf-None-Match: W/"1"\r\n')
    expect([reader.cursor, reader.cost.requests]).toEqual(['e.9.0', 3])
    expect(reader.cost.bytesRead).toBeGreaterThan(300)
  })

  test('keeps the place inside a snapshot of several pages (§5)', async () => {
    const page = (offset: number, more: object) =>
      json(answer({ messages: [{ offset, time: 1, key: `k${offset}`, data: 1 }], ...more }))
    const server = await serveTexts([
      page(2, { outcome: 'snapshot', cursor: 'e.9.0.2', more: true }),
      page(5, { outcome: 'resumed', cursor: 'e.9.0', snapshotEnd: true, closed: true }),
    ])
    const reader = openReader('poll', { origin: origin(server.port), channel: 'a' })
    const events = await drain(reader)
    expect(events.flatMap((one) => ('cursor' in one ? `${one.kind} ${one.cursor}` : []))).toEqual([
      'open e.9.0.0',
      'message e.9.0.2',
      'batch e.9.0.2',
      'message e.9.0.5',
      'snapshot-end e.9.0',
      'batch e.9.0',
    ])
    expect(reader.cursor).toBe('e.9.0')
  })

  test('tells the error of a refusal and when to come back (§13)', async () => {
    const error = { code: 'overloaded', message: 'Come back.', docs: 'x' }
    const server = await serveTexts([json({ error }, 'Retry-After: 3\r\n', '503 Busy')])
    const events = await drain(openReader('long-poll', { origin: origin(server.port), channel: 'a' }))
    expect(events).toEqual([
      { kind: 'error', status: 503, code: 'overloaded', message: 'Come back.', retryAfterMs: 3000 },
      { kind: 'closed', how: 'complete', status: 503 },
    ])
  })

  test('an answer that is cut gives none of its messages', async () => {
    const whole = json(
      answer({ outcome: 'live', messages: [{ offset: 1, time: 1, data: 1 }], cursor: 'e.1.0' }),
    )
    const server = await serveTexts([whole.slice(0, -1)])
    const events = await drain(openReader('poll', { origin: origin(server.port), channel: 'a' }))
    expect(events).toEqual([{ kind: 'closed', how: 'cut', status: 200 }])
  })
})

describe('stream readers', () => {
  test('events become the same as frames, whatever they are (§6, §7)', async () => {
    const frames = [
      '{"type":"open","channel":"a","outcome":"resumed","cursor":"e.1.t1"}',
      '{"type":"batch","channel":"a","after":"e.1.t1","cursor":"e.2.t2","messages":[{"offset":2,"time":7,"tag":"t2","event":"x","data":"é,[\\"\\u2028"}],"skipped":3}',
      '{"type":"gap","channel":"a","reason":"slow","after":"e.2.t2","cursor":"e.4.t4"}',
      '{"type":"heartbeat","stale":true}',
      '{"type":"auth","expiresInMs":5}',
      '{"type":"error","channel":"a","code":"source_failed","message":"m","docs":"d"}',
      '{"type":"end","channel":"a","reason":"closed"}',
      '{"type":"reconnect","afterMs":9}',
    ]
    const events = [
      'retry: 5|event: $open|id: e.1.t1|data: {"channel":"a","outcome":"resumed","cursor":"e.1.t1"}',
      'event: $skipped|data: {"channel":"a","skipped":3}',
      'id: e.2.t2|event: x|data: {"offset":2,"time":7,"tag":"t2","event":"x","data":"é,[\\"\\u2028"}',
      'event: $gap|id: e.4.t4|data: {"channel":"a","reason":"slow","after":"e.2.t2","cursor":"e.4.t4"}',
      ':  |event: $heartbeat|data: {"stale":true}',
      'event: $auth|data: {"expiresInMs":5}',
      'event: $error|data: {"channel":"a","code":"source_failed","message":"m","docs":"d"}',
      'event: $end|data: {"channel":"a","reason":"closed"}',
      'retry: 9|event: $reconnect|data: {"afterMs":9}',
    ]
    const server = await serveTexts([
      stream('application/x-ndjson', `${frames.join('\n')}\n{"type":"batch","cut`),
      stream('text/event-stream; charset=utf-8', `${events.map(event).join('')}id: e.9.t9\ndata: cut`),
    ])
    const options = { origin: origin(server.port), channel: 'a', cursor: 'e.1.t1' }
    const byLine = await drain(openReader('ndjson', options))
    const reader = openReader('sse', options)
    const byEvent = await drain(reader)
    expect(byEvent).toEqual(byLine.filter(({ kind }) => kind !== 'batch'))
    expect(byLine.map(({ kind }) => kind)).toEqual(
      'open skipped message batch gap heartbeat auth error end reconnect closed'.split(' '),
    )
    expect(byLine[2]).toEqual({
      kind: 'message',
      channel: 'a',
      cursor: 'e.2.t2',
      message: { offset: 2, time: 7, tag: 't2', event: 'x', data: '"é,[\\"\\u2028"' },
    })
    expect(reader.cursor).toBe('e.4.t4')
    expect(server.targets()).toEqual([
      '/base/channels/a?as=ndjson&cursor=e.1.t1',
      '/base/channels/a?as=sse&envelope=true&cursor=e.1.t1',
    ])
  })

  test('events without an envelope carry the position in their id (§6)', async () => {
    const server = await serveTexts([
      stream('text/event-stream', event('id: e.9.t9.4|event: x|data: {"any": 1}')),
    ])
    const options = { origin: origin(server.port), channel: 'a', ask: 'headers', envelope: false } as const
    const [first] = await drain(openReader('sse', options))
    expect(first).toMatchObject({
      cursor: 'e.9.t9.4',
      message: { offset: 4, data: '{"any": 1}', event: 'x' },
    })
    expect(server.asked[0]).toContain('\r\nAccept: text/event-stream')
    expect(server.targets()).toEqual(['/base/channels/a'])
  })

  test('several channels have one position, as the server says it (§6)', async () => {
    const name = (text: string) => {
      const parsed = parseChannelName(text)
      if (!parsed.ok) throw new Error(text)
      return parsed.value
    }
    const set = formatSetCursor(
      new Map([
        [name('b'), 'e.6.0' as Cursor],
        [name('a'), 'e.3.0' as Cursor],
      ]),
    )
    const open = (channel: string) => `{"channel":"${channel}","outcome":"live","cursor":"e.0.0"}`
    const server = await serveTexts([
      stream(
        'text/event-stream',
        event(`event: $open|id: s.x|data: {"channels":[${open('a')},${open('b')}]}`) +
          event('data: {"channel":"b","cursor":"e.5.0","offset":5,"time":1,"data":1}') +
          event(`event: $at|id: ${set}|data: 1`),
      ),
    ])
    const options = { origin: origin(server.port), channel: ['a', 'b'], cursor: ['', 'e.1.0'] }
    const reader = openReader('sse', options)
    expect(reader.cursor).toBeUndefined()
    await drain(reader)
    expect([reader.cursor, reader.cursors.get('b')]).toEqual([set, 'e.6.0'])
    expect(server.targets()).toEqual([
      '/base/channels?channel=a&channel=b&as=sse&envelope=true&cursor=&cursor=e.1.0',
    ])
  })

  test.each(['poll', 'sse', 'ndjson', 'websocket'] as const)(
    '%s names a refused connection',
    async (name) => {
      const reader = openReader(name, { origin: origin(await freePort()), channel: 'a' })
      expect(await drain(reader)).toMatchObject([{ kind: 'closed', how: 'refused' }])
    },
  )

  test.each([
    ['ndjson', 'application/x-ndjson', '{"type":"odd"}\n'],
    ['sse', 'text/event-stream', event('data: {"offset":1}')],
    ['sse', 'text/event-stream', event('event: $odd|data: 1')],
    ['ndjson', 'application/x-ndjson', 'no json\n'],
  ] as const)('%s rejects what breaks the protocol', async (transport: TransportName, type, body) => {
    const server = await serveTexts([stream(type, body)])
    const reader = openReader(transport, { origin: origin(server.port), channel: 'a' })
    await expect(reader.next()).rejects.toThrow()
  })
})

describe('socket reader', () => {
  async function serveSocket(play: (socket: import('ws').WebSocket, url: string) => void) {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
    server.on('connection', (socket, { url }) => play(socket, url ?? ''))
    await new Promise((resolve) => server.on('listening', resolve))
    onTestFinished(() => {
      for (const socket of server.clients) socket.terminate()
      server.close()
    })
    return (server.address() as { port: number }).port
  }

  test('sends frames, and tells how the socket was closed (§7)', async () => {
    const port = await serveSocket((socket, url) => {
      socket.send(`{"type":"welcome","node":"n","heartbeatMs":15000,"connection":"${url}"}`)
      socket.on('message', (text) => {
        socket.send(`{"type":"ok","ref":${JSON.parse(String(text)).ref}}\n`)
        socket.close(4003, 'rotated')
      })
    })
    const reader = openSocketReader({ origin: origin(port), channel: 'a', cursor: 'oldest' })
    reader.send({ type: 'ping', ref: 7 })
    expect(await drain(reader)).toEqual([
      {
        kind: 'welcome',
        node: 'n',
        heartbeatMs: 15000,
        connection: '/base/channels/a?cursor=oldest',
      },
      { kind: 'ok', ref: 7 },
      { kind: 'closed', how: 'complete', code: 4003, message: 'rotated' },
    ])
    expect(reader.cost.bytesRead).toBeGreaterThan(100)
  })

  test('tells the error of a refused handshake', async () => {
    const error = { code: 'overloaded', message: 'm', docs: 'd', retryAfterMs: 50 }
    const server = await serveTexts([json({ error }, '', '503 Busy')])
    const events = await drain(openReader('websocket', { origin: origin(server.port), channel: 'a' }))
    expect(events).toEqual([
      { kind: 'error', status: 503, code: 'overloaded', message: 'm', retryAfterMs: 50 },
      { kind: 'closed', how: 'complete', status: 503 },
    ])
  })

  test('a closed reader says so and gives nothing more', async () => {
    const port = await serveSocket((socket) => socket.send('{"type":"heartbeat"}'))
    const reader = openReader('websocket', { origin: origin(port), channel: 'a' })
    expect(await reader.next()).toEqual({ kind: 'heartbeat', stale: false })
    reader.close()
    expect(await reader.next()).toEqual({ kind: 'closed', how: 'local' })
    expect(await reader.next()).toBeUndefined()
  })
})
