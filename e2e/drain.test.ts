import { setTimeout as pause } from 'node:timers/promises'
import { type TransportName, transports } from '@gamut/protocol'
import { createFollower, type FollowerEvent } from '@gamut/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { freePort } from './support/free-port.js'
import { startGamut } from './support/gamut.js'

const heldTransports: readonly TransportName[] = ['sse', 'ndjson', 'websocket']

/** A reader that comes back as it is told, and what it was given. */
function follow(origin: string, transport: TransportName) {
  const follower = createFollower({ origin, channel: 'a', transport, pollMs: 50, waitSeconds: 5 })
  onTestFinished(() => follower.close())
  const events: FollowerEvent[] = []
  void (async () => {
    for await (const event of follower) events.push(event)
  })()
  const opens = () => events.flatMap((event) => (event.kind === 'open' ? [event] : []))
  return {
    transport,
    opens,
    events,
    got: () =>
      events.flatMap((event) => (event.kind === 'message' ? [JSON.parse(event.message.data ?? '')] : [])),
    hasGap: () => opens().some(({ gap }) => gap?.reason === 'epoch'),
  }
}

/** Publishes one after the other until the server refuses. Gives what was acknowledged. */
async function publishUntilRefused(origin: string, name: string, acknowledged: string[]): Promise<void> {
  for (let n = 0; ; n++) {
    const body = `${name}-${n}`
    const headers = { 'content-type': 'text/plain' }
    try {
      const response = await fetch(`${origin}/channels/a`, { method: 'POST', headers, body })
      if (response.status !== 201) {
        expect(response.status).toBe(503)
        return
      }
    } catch {
      // Not answered: it is not known whether it was stored.
      return
    }
    acknowledged.push(body)
    await pause(1)
  }
}

describe('SIGTERM under load (§10, I1, I17)', () => {
  it('ends within the window; what was acknowledged was delivered, or its reader is told of a gap after the restart', async () => {
    const port = await freePort()
    const args = ['--port', String(port), '--drain-window-ms', '3000']
    const gamut = await startGamut(args)
    const readers = transports.flatMap((transport) => [0, 1, 2].map(() => follow(gamut.url, transport)))
    await expect.poll(() => readers.every(({ opens }) => opens().length > 0), { timeout: 10_000 }).toBe(true)
    const acknowledged: string[] = []
    const publishing = ['p', 'q', 'r', 's'].map((name) => publishUntilRefused(gamut.url, name, acknowledged))
    await expect.poll(() => acknowledged.length, { timeout: 15_000 }).toBeGreaterThan(200)
    expect(await gamut.stop('SIGTERM')).toEqual({ code: 0, signal: null })
    await Promise.all(publishing)

    const held = readers.filter(({ transport }) => heldTransports.includes(transport))
    for (const { events, got, transport } of held) {
      expect(
        acknowledged.filter((body) => !got().includes(body)),
        transport,
      ).toEqual([])
      expect(
        events.some(({ kind }) => kind === 'reconnect'),
        transport,
      ).toBe(true)
    }
    await startGamut(args)
    await expect.poll(() => readers.every(({ opens }) => opens().length > 1), { timeout: 20_000 }).toBe(true)
    for (const { got, hasGap, opens, transport } of readers) {
      const isWhole = acknowledged.every((body) => got().includes(body))
      expect(isWhole || hasGap(), `${transport} ${JSON.stringify(opens())}`).toBe(true)
      expect(new Set(got()).size).toBe(got().length)
    }
  }, 60_000)
})
