import { openReader, takeKind } from '@gamut/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startGamut } from '../../../e2e/support/gamut.js'
import { temporaryFiles } from './temporary-files.js'

describe('serve, told to end', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'sends every reader away on %s and ends although streams are open (§10)',
    async (signal) => {
      const server = await startGamut()
      const readers = (['sse', 'ndjson', 'websocket'] as const).map((transport) =>
        openReader(transport, { origin: server.url, channel: 'room/a' }),
      )
      for (const reader of readers) await takeKind(reader, 'open')
      const waiting = openReader('long-poll', { origin: server.url, channel: 'room/a', cursor: 'newest' })
      await takeParked(server.url)
      const exit = server.stop(signal)
      for (const reader of readers) {
        expect((await takeKind(reader, 'reconnect')).afterMs).toBeGreaterThan(0)
        expect(await takeKind(reader, 'closed')).toMatchObject({ how: 'complete' })
      }
      expect(await takeKind(waiting, 'error')).toMatchObject({
        code: 'draining',
        retryAfterMs: expect.any(Number),
      })
      waiting.close()
      expect(await exit).toEqual({ code: 0, signal: null })
      expect(server.output()).not.toContain('cut short')
    },
  )

  it('ends within its deadline although a reader takes nothing (§10)', async () => {
    const server = await startGamut(['--drain-window-ms', '300', '--outbox-bytes', '1000'])
    const reader = openReader('sse', { origin: server.url, channel: 'room/a', cursor: 'oldest' })
    onTestFinished(() => reader.close())
    await takeKind(reader, 'open')
    reader.pause()
    // More than the system's buffers of both sides hold.
    const data = JSON.stringify('x'.repeat(60_000))
    for (let count = 0; count < 200; count++) {
      const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: data }
      expect((await fetch(`${server.url}/channels/room/a`, init)).status).toBe(201)
    }
    expect(await server.stop()).toEqual({ code: 0, signal: null })
  })

  it('calls what start returned, whose last message still reaches readers', async () => {
    const directory = temporaryFiles({
      'a.mjs': `export default {
        start(gamut) {
          const timer = setInterval(() => {}, 1000)
          return () => gamut.publish('room/a', 'bye')
        },
      }`,
    })
    const server = await startGamut(['--config', `${directory}/a.mjs`, '--json'])
    const reader = openReader('sse', { origin: server.url, channel: 'room/a' })
    await takeKind(reader, 'open')
    const exit = server.stop()
    expect((await takeKind(reader, 'message')).message.data).toBe('"bye"')
    await takeKind(reader, 'reconnect')
    expect(await exit).toEqual({ code: 0, signal: null })
    const told = server
      .output()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).event)
    expect(told).toEqual(['listening', 'ending', 'ended'])
  })

  it('ends at once at a second signal', async () => {
    const directory = temporaryFiles({
      'a.mjs': 'export default { start: () => () => new Promise((r) => setTimeout(r, 60_000)) }',
    })
    const server = await startGamut(['--config', `${directory}/a.mjs`])
    process.kill(server.pid, 'SIGTERM')
    await server.waitFor((output) => output.includes('SIGTERM'))
    expect(await server.stop('SIGINT')).toEqual({ code: 130, signal: null })
  })
})

/** Resolves once a long-poll is parked. */
async function takeParked(url: string): Promise<void> {
  for (;;) {
    const text = await (await fetch(`${url}/metrics`)).text()
    if (/^gamut_connections\{transport="long-poll",state="live"\} 1$/m.test(text)) return
  }
}
