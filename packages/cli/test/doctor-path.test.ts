import { describe, expect, it } from 'vitest'
import { examine } from '../../../e2e/support/doctor.js'
import { startServer } from '../../../e2e/support/start-server.js'
import { startTroubledProxy, type Troubles } from '../../../e2e/support/troubled-proxy.js'

async function examineBehind(troubles: Troubles) {
  const { port } = await startServer({
    heartbeatMs: 60_000,
    operationsKey: 'a-key-for-the-operators',
  })
  const { url } = await startTroubledProxy(port, troubles)
  return examine(url, ['--idle', '1s', '--seconds', '1'])
}

describe('doctor behind a proxy of trouble', () => {
  it.each<[Troubles, readonly string[], readonly RegExp[]]>([
    [{}, [], []],
    [{ sockets: 'strip' }, ['websocket fault'], [/Upgrade header was taken away/]],
    [{ sockets: 'mute' }, ['websocket fault'], [/accepted, and before its welcome nothing came within 1 s/]],
    [
      { sockets: 'cut' },
      ['idle fault'],
      [/^WebSocket: closed in the middle without a close code after \d+ ms/],
    ],
    [
      { streams: 'mute' },
      ['buffering fault', 'buffering fault'],
      [/^SSE: no event came within 1 s with every/, /^NDJSON/],
    ],
    [
      { streams: 'gzip' },
      ['buffering fault', 'buffering fault', 'compression warning'],
      [/^SSE: no event came/, /^SSE and NDJSON streams are compressed/],
    ],
  ])('finds %j', async (troubles, bad, says) => {
    const told = await examineBehind(troubles)
    expect(told).toMatchObject({ bad, code: bad.length > 0 ? 1 : 0 })
    for (const one of says) {
      expect(told.findings.map((finding) => finding.says)).toContainEqual(expect.stringMatching(one))
    }
  })

  it('says where a page answers in place of the server, and where one is sent to it', async () => {
    await expect(examineBehind({ portal: 'page' })).rejects.toThrow(
      /No Gamut server answers there: .* HTTP 200, text\/html/,
    )
    await expect(examineBehind({ portal: 'redirect' })).rejects.toThrow(
      /sends on to http:\/\/127\.0\.0\.1:\d+\/portal/,
    )
  })
})
