import { type Cursor, type TransportName, transports } from '@gamut/protocol'
import {
  createFollower,
  type Follower,
  type FollowerEvent,
  type ReaderEvent,
  takeKind,
  takeMessages,
  takeUntil,
} from '@gamut/testing'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createBackoff } from '../src/wire/backoff.js'
import { createSplice } from '../src/wire/splice.js'
import { startLogServer } from './log-server.js'
import { serveScript } from './scripted-server.js'

const origin = (port: number) => `http://127.0.0.1:${port}`
const backoff = { firstMs: 1, greatestMs: 1 }

function follow(port: number, transport: TransportName, more: object = {}): Follower {
  const follower = createFollower({ origin: origin(port), channel: 'a', transport, backoff, ...more })
  onTestFinished(() => follower.close())
  return follower
}

const offsets = (events: readonly FollowerEvent[]) =>
  events.flatMap((event) => (event.kind === 'message' ? [event.message.offset] : []))

describe('follower', () => {
  test.each(transports)(
    '%s comes back at its position after a reset, without loss or repeat (§8)',
    async (transport) => {
      const server = await startLogServer()
      const follower = follow(server.port, transport, { cursor: 'oldest' })
      const got: number[] = []
      for (let round = 0; round < 5; round++) {
        server.append('1')
        server.append('2')
        got.push(...offsets(await takeMessages(follower, 2)))
        server.cut()
      }
      expect(got).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
      expect([follower.cursor, follower.transport]).toEqual(['e.10.t10', transport])
      expect(follower.cost.requests).toBeGreaterThanOrEqual(5)
    },
  )

  test('changes of transport at any instant lose and repeat nothing (I9)', async () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.constant('append' as const) },
      { weight: 2, arbitrary: fc.constantFrom(...transports) },
      { weight: 1, arbitrary: fc.constantFrom('settle' as const, 'cut' as const, 'reconnect' as const) },
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        const server = await startLogServer()
        const follower = follow(server.port, 'sse', { cursor: 'oldest' })
        let appended = 0
        for (const one of steps) {
          if (one === 'append') server.append(String(++appended))
          else if (one === 'settle') await new Promise((resolve) => setImmediate(resolve))
          else if (one === 'cut') server.cut()
          else if (one === 'reconnect') follower.reconnect()
          else void follower.switchTo(one)
        }
        server.append(String(++appended))
        server.end()
        const events = await takeUntil(follower, ({ kind }) => kind === 'closed')
        expect(offsets(events)).toEqual(Array.from({ length: appended }, (_, at) => at + 1))
        expect(events.filter(({ kind }) => kind === 'gap')).toEqual([])
        expect(follower.cursor).toBe(`e.${appended}.t${appended}`)
      }),
      { numRuns: 60 },
    )
  })

  test('keeps its transport if the other one does not open', async () => {
    const server = await startLogServer()
    const follower = follow(server.port, 'ndjson')
    await takeKind(follower, 'open')
    server.refused.add('sse')
    expect([await follower.switchTo('sse'), follower.transport]).toEqual([false, 'ndjson'])
    server.append('1')
    expect(offsets(await takeMessages(follower, 1))).toEqual([1])
  })

  test('leaves no connection behind', async () => {
    const server = await startLogServer()
    const follower = follow(server.port, 'sse')
    await takeKind(follower, 'open')
    for (const transport of ['websocket', 'ndjson', 'long-poll', 'sse'] as const) {
      const switched = follower.switchTo(transport)
      server.append('1')
      expect(await switched).toBe(true)
    }
    follower.close()
    await takeKind(follower, 'closed')
    while (server.open > 0) await new Promise((resolve) => setImmediate(resolve))
    expect(await follower.switchTo('poll')).toBe(false)
  })

  test('waits as long as it is told to before it comes back (§10)', async () => {
    const body = 'event: $reconnect\ndata: {"afterMs":7}\n\n'
    const port = await serveScript(async ({ request, socket }) => {
      await request()
      socket.end(`HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n${body}`)
    })
    const follower = follow(port, 'sse')
    expect(await takeKind(follower, 'waiting')).toMatchObject({ afterMs: 7, because: { how: 'complete' } })
    expect(await takeKind(follower, 'waiting')).toMatchObject({ afterMs: 7 })
  })

  test.each([
    ['a refusal that waiting cannot mend', '403 No', '{"error":{"code":"forbidden","message":"m"}}', 403],
    ['nothing more to read', '204 No', '', 204],
  ])('stops at %s (§6, §13)', async (_name, status, body, expected) => {
    const port = await serveScript(async ({ request, socket }) => {
      await request()
      socket.end(`HTTP/1.1 ${status}\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
    })
    const events = await takeUntil(follow(port, 'sse'), ({ kind }) => kind === 'closed')
    expect(events.at(-1)).toMatchObject({ kind: 'closed', status: expected })
  })

  test('comes back at the position it was given in channels that were not opened yet', async () => {
    const heads: string[] = []
    const port = await serveScript(async ({ request, socket }) => {
      heads.push(await request())
      const open = '{"type":"open","channel":"a","outcome":"resumed","cursor":"e.1.t"}'
      socket.end(`HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\n\r\n${open}\n`)
    })
    const follower = follow(port, 'ndjson', { channel: ['a', 'b'], cursor: ['e.1.t', 'e.2.t'] })
    await takeKind(follower, 'waiting')
    await takeKind(follower, 'waiting')
    expect(heads[1]).toContain('cursor=e.1.t&cursor=e.2.t')
  })

  test('leaves a connection on which nothing comes, but not while it is held itself', async () => {
    const port = await serveScript(async ({ request, socket }) => {
      await request()
      socket.write('HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\n\r\n')
    })
    const follower = follow(port, 'ndjson', { silenceMs: 20 })
    expect(await takeKind(follower, 'waiting')).toMatchObject({ because: { how: 'cut' } })
    const held = follow(port, 'ndjson', { silenceMs: 20 })
    held.pause()
    const first = takeKind(held, 'waiting')
    await takeKind(follower, 'waiting')
    await takeKind(follower, 'waiting')
    const outcome = await Promise.race([first, Promise.resolve('held')])
    expect(outcome).toBe('held')
    held.resume()
    expect((await first).because.how).toBe('cut')
  })
})

describe('splice', () => {
  const message = (cursor: string): ReaderEvent => ({
    kind: 'message',
    channel: 'a',
    cursor: cursor as Cursor,
    message: { offset: 1, tag: '0', data: '1' },
  })
  const at = (cursor: string) => new Map([['a', cursor as Cursor]])

  test('drops what is not after the position held, and only in its own channel (§8)', () => {
    const splice = createSplice(at('e.1.a'), at('e.3.c'))
    const other = { ...message('e.1.z'), channel: 'b' } as ReaderEvent
    const seen = ['e.2.b', 'e.3.c', 'e.4.d', 'e.2.b'].map((cursor) => splice(message(cursor)))
    expect([...seen, splice(other)]).toEqual(['drop', 'drop', 'take', 'take', 'take'])
  })

  test.each([
    ['another entry at its place', 'e.3.x', 'drop'],
    ['an entry past it', 'e.4.d', 'reread'],
    ['another epoch', 'f.1.a', 'reread'],
    ['a snapshot of a later head', 'e.4.d.1', 'reread'],
  ])('never takes %s for a repeat of the position held (§8)', (_name, cursor, expected) => {
    const splice = createSplice(at('e.1.a'), at('e.3.c'))
    expect(splice(message(cursor))).toBe(expected)
    expect(splice(message('e.5.e'))).toBe('reread')
  })

  test('any outcome but resumed is asked again from the position held', () => {
    const open = (outcome: 'resumed' | 'gap') =>
      createSplice(
        at('e.1.a'),
        at('e.3.c'),
      )({ kind: 'open', channel: 'a', outcome, cursor: 'e.1.a' as Cursor })
    expect([open('resumed'), open('gap')]).toEqual(['drop', 'reread'])
  })

  test('takes no position of a set while one of its channels is behind (I11)', () => {
    const splice = createSplice(at('e.1.a'), at('e.3.c'))
    const position = { kind: 'position', cursor: 's.00000000.e.2.b' } as const
    expect([splice(position), splice(message('e.3.c')), splice(position)]).toEqual(['drop', 'drop', 'take'])
  })

  test('takes everything where nothing came meanwhile', () => {
    expect(createSplice(at('e.3.c'), at('e.3.c'))(message('f.9.z'))).toBe('take')
  })
})

describe('backoff', () => {
  test('doubles its bound up to the greatest, and obeys what it is told (§10)', () => {
    const backoff = createBackoff({ firstMs: 100, greatestMs: 350, random: () => 1 })
    expect([backoff.next(), backoff.next(), backoff.next(7), backoff.next(), backoff.next()]).toEqual([
      100, 200, 7, 350, 350,
    ])
  })

  test('begins again only after a connection that lived long enough (§10)', () => {
    const waits = (stableMs: number) => {
      const backoff = createBackoff({ firstMs: 100, stableMs, random: () => 1 })
      backoff.next()
      backoff.opened()
      return backoff.next()
    }
    expect([waits(0), waits(60_000)]).toEqual([100, 200])
  })
})
