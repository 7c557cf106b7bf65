import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ServerUnderTest, TransportHarness } from './transport/transport-harness.js'
import { askFor, text } from './websocket/client-bytes.js'
import { closeFrameCases, pingCases } from './websocket/control-cases.js'
import { checkExchange, type Place, type WireCase } from './websocket/exchange.js'
import { fragmentCases } from './websocket/fragment-cases.js'
import { framingCases, opcodeCases, reservedBitCases } from './websocket/framing-cases.js'
import { formatHandshake, type HandshakeCase, handshakeCases } from './websocket/handshake-cases.js'
import { frameBound, limitCases } from './websocket/limit-cases.js'
import { acceptOf, handshakeKey, RawPeer } from './websocket/raw-peer.js'
import { textCases } from './websocket/text-cases.js'
import { ways } from './websocket/ways.js'

const groups: Readonly<Record<string, readonly WireCase[]>> = {
  'framing (§5.2, §5.3)': framingCases,
  'pings and pongs (§5.5)': pingCases,
  'reserved bits are refused (§5.2)': reservedBitCases,
  'unknown opcodes are refused (§5.2)': opcodeCases,
  'fragments (§5.4)': fragmentCases,
  'a text (§8.1)': textCases,
  'closing (§5.5.1, §7)': closeFrameCases,
  'limits (§10.4)': limitCases,
}

const channel = 'autobahn'

/** Shakes hands, with a first frame in the same piece, and gives what was heard. */
async function shakeHands(test: HandshakeCase, { host, port }: Place): Promise<void> {
  const peer = new RawPeer(port, host)
  try {
    const bytes = Buffer.from(formatHandshake(test, `/channels/${channel}`, `${host}:${port}`))
    const isTaken = test.status === 101
    await peer.write([isTaken ? Buffer.concat([bytes, text(askFor(1))]) : bytes])
    if (isTaken) await peer.until(({ says }) => says.includes('ok 1'))
    else await peer.until(({ head }) => head.length > 0)
    const { head } = peer.heard
    expect(head[0]?.split(' ')[1]).toBe(`${test.status}`)
    const fields = new Map(
      head.slice(1).map((line) => [line.split(':', 1)[0]?.toLowerCase(), line.replace(/^[^:]*: */, '')]),
    )
    for (const [name, value] of Object.entries(test.answer ?? {})) {
      expect(fields.get(name) ?? null, name).toBe(value)
    }
    if (isTaken) expect(fields.get('sec-websocket-accept')).toBe(acceptOf(handshakeKey))
    else if (test.status >= 400) expect(fields.get('connection')).toBe('close')
  } finally {
    peer.destroy()
  }
}

/**
 * Declares what RFC 6455 asks of a WebSocket server as tests of one runtime: some 450 exchanges over raw TCP in the
 * families of the Autobahn test suite, each sent whole, with the handshake, in pieces by chance and byte by byte. Call it
 * at the top of a Vitest file.
 */
export function describeWebSocket(harness: TransportHarness): void {
  describe(`WebSockets on ${harness.runtime} by RFC 6455`, () => {
    let server: ServerUnderTest
    let place: Place
    beforeAll(async () => {
      server = await harness.start({
        authorize: () => true,
        maxBodyBytes: frameBound,
        heartbeatMs: 3_600_000,
      })
      const { hostname, port } = new URL(server.origin)
      place = { host: hostname, port: Number(port), target: '/connect' }
    })
    afterAll(() => server.close())

    for (const [group, cases] of Object.entries(groups)) {
      it.each(cases)(`${group}: $title`, async (test) => {
        await Promise.all([
          ...Object.values(ways).map((way) => checkExchange(test, way, place)),
          checkExchange(test, (bytes) => [bytes], place, true),
        ])
      })
    }
    for (const [group, cases] of Object.entries(handshakeCases)) {
      it.each(cases)(`a handshake ${group}: $title`, (test) => shakeHands(test, place))
    }
    it('every exchange leaves nothing behind (I19)', async () => {
      await expect.poll(() => server.held()).toBe(0)
    })
  })
}
