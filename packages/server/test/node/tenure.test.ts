import { openReader, type ReaderEvent, type WireReader } from '@gamut/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { GamutOptions, Identity } from '../../src/index.js'
import { openPeer, start } from './rig.js'

const transports = ['long-poll', 'sse', 'ndjson', 'websocket'] as const

async function startKnown(options: GamutOptions = {}) {
  const known = new Map<string, Identity>([
    ['ann', { id: 'ann', token: 'ann-1' }],
    ['bob', { id: 'bob' }],
  ])
  const rig = await start({
    authenticate: ({ headers }) => known.get(headers.get('authorization')?.slice(7) ?? '') ?? null,
    authorize: (identity) => identity !== null,
    ...options,
  })
  const origin = rig.served.url
  const post = async (path: string, body: unknown, token?: string) => {
    const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) }
    const response = await fetch(origin + path, { method: 'POST', headers, body: JSON.stringify(body) })
    return JSON.parse(await response.text())
  }
  const read = (
    transport: (typeof transports)[number],
    given: { token?: string; ticket?: string },
  ): WireReader => {
    const reader = openReader(transport, {
      origin,
      channel: 'a',
      cursor: 'newest',
      waitSeconds: 60,
      ...(given.token && { headers: { authorization: `Bearer ${given.token}` } }),
      ...(given.ticket && { query: { ticket: given.ticket } }),
    })
    onTestFinished(() => reader.close())
    return reader
  }
  return { ...rig, known, post, read }
}

async function toEnd(reader: WireReader): Promise<readonly ReaderEvent[]> {
  const events: ReaderEvent[] = []
  for await (const event of reader) events.push(event)
  return events
}

/** How a reader saw its end on the wire: reason or status, and close code. */
function seen(events: readonly ReaderEvent[]) {
  const end = events.find(({ kind }) => kind === 'end')
  const closed = events.at(-1)
  return {
    reason: end?.kind === 'end' ? end.reason : undefined,
    status: closed?.kind === 'closed' ? closed.status : undefined,
    code: closed?.kind === 'closed' ? closed.code : undefined,
  }
}

describe.each(transports)('over a real socket, by %s,', (transport) => {
  it('a revocation ends what is held, and nobody else (§12)', async () => {
    const { gamut, post, read } = await startKnown()
    const [ann, bob] = [toEnd(read(transport, { token: 'ann' })), read(transport, { token: 'bob' })]
    await expect.poll(() => gamut.connections).toBe(2)
    expect(await post('/revocations', { identity: 'ann' })).toEqual({ forMs: 2_592_000_000 })
    const found = seen(await ann)
    if (transport === 'long-poll') expect(found.status).toBe(403)
    else expect(found.reason).toBe('revoked')
    if (transport === 'websocket') expect(found.code).toBe(4104)
    await gamut.publish('a', 'for bob')
    for await (const event of bob) if (event.kind === 'message') break
    await expect.poll(() => gamut.connections).toBe(0)
  })

  it('an identity ends by itself (§12)', async () => {
    const { gamut, known, read } = await startKnown()
    known.set('short', { id: 'ann', expiresAt: Date.now() + 700 })
    const events = await toEnd(read(transport, { token: 'short' }))
    const found = seen(events)
    if (transport === 'long-poll') expect(found.status).toBe(401)
    else expect([found.reason, events.some(({ kind }) => kind === 'auth')]).toEqual(['auth', true])
    if (transport === 'websocket') expect(found.code).toBe(4100)
    await expect.poll(() => gamut.connections).toBe(0)
  })

  it('a ticket in the URL reads, and ends when it is revoked (§12)', async () => {
    const { gamut, post, read } = await startKnown()
    const { ticket } = await post('/tickets', { channels: ['a'] }, 'ann')
    const reader = read(transport, { ticket })
    await expect.poll(() => gamut.connections).toBe(1)
    await gamut.publish('a', 'by ticket')
    for (let event = await reader.next(); event; event = await reader.next())
      if (event.kind === 'message') break
    if (transport === 'long-poll') return
    const ending = toEnd(reader)
    await post('/revocations', { ticket })
    expect(seen(await ending).reason).toBe('revoked')
  })
})

describe('a peer that takes nothing', () => {
  it.each(['sse', 'ndjson'])('is cut when its identity is revoked, by %s (§9, §12)', async (transport) => {
    const { gamut, port, post } = await startKnown()
    const peer = openPeer(port)
    peer.pause()
    peer.write(`GET /channels/a?as=${transport} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ann\r\n\r\n`)
    await expect.poll(() => gamut.connections).toBe(1)
    // Past what the kernels of both ends keep.
    for (let n = 0; n < 300; n++) await gamut.publish('a', 'x'.repeat(60_000))
    await post('/revocations', { token: 'ann-1' })
    await expect.poll(() => gamut.connections, { timeout: 5000 }).toBe(0)
  })
})
