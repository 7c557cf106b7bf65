import { setTimeout as delay } from 'node:timers/promises'
import { openConnection, openSocketReader, type SocketReader } from '@gamut/testing'
import type { AttackPlan } from './plan.js'
import { waitUntil } from './reader.js'
import type { Recorder } from './recorder.js'

const pauseMs = 100
/** Frames or sockets of one round. */
const most = { subscribing: 200, frames: 50, requests: 20 } as const

const brokenFrames = [
  '',
  '{',
  '[]',
  'null',
  '{"type":"none"}',
  '{"type":"subscribe"}',
  '{"type":"subscribe","channel":"a//b","cursor":"1e309"}',
  '{"type":"subscribe","channel":{"__proto__":[]}}',
  '{"type":"publish","channel":"noise","data":}',
  '{"type":"unsubscribe","channel":"never"}',
  `{"type":"publish","channel":"noise","data":"${'x'.repeat(70_000)}"}`,
]

const brokenRequests = [
  '\r\n\r\n',
  'GET\r\n\r\n',
  'GET /channels/plain HTTP/1.1\r\n\r\n',
  'GET /channels/plain?cursor=1.2 HTTP/1.1\r\nHost: x\r\n\r\n',
  'GET /channels/%ff?as=sse HTTP/1.1\r\nHost: x\r\n\r\n',
  'POST /channels/noise HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n',
  'POST /channels/noise HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
  'POST /channels/noise HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1\r\n\r\n{',
  'GET /channels/plain HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n',
  `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
  '\u0000\u0001\u0002\u00ff',
]

/** Sends frames on a socket that is opened again whenever the server has ended it. */
function createLine(port: number) {
  let open: SocketReader | undefined
  const read = async (reader: SocketReader) => {
    for (let event = await reader.next(); event; event = await reader.next());
    if (open === reader) open = undefined
  }
  return {
    send: (frame: object | string) => {
      if (!open) {
        open = openSocketReader({ origin: `http://127.0.0.1:${port}`, channel: 'noise/home' })
        void read(open)
      }
      open.send(frame)
    },
    close: () => open?.close(),
  }
}

function sendRequest(port: number, text: string): void {
  const connection = openConnection({ port })
  connection.write(text)
  // Whoever waits for more is left after a moment.
  void Promise.race([connection.closed, delay(pauseMs)]).then(() => connection.close())
}

/** Attacks as planned, straight, until that is over or `signal` is aborted. */
export async function attack(
  { atMs, forMs, by }: AttackPlan,
  port: number,
  recorder: Recorder,
  signal: AbortSignal,
): Promise<void> {
  if (!(await waitUntil(atMs, recorder, signal))) return
  const named = { kind: 'fault', name: `attack by ${by}`, where: 'beside' } as const
  recorder.add({ ...named, on: true })
  const line = createLine(port)
  for (let round = 0; recorder.now() < atMs + forMs && !signal.aborted; round++) {
    for (let n = 0; n < most[by]; n++) {
      const channel = `noise/${(round * most[by] + n) % 997}`
      if (by === 'requests') sendRequest(port, brokenRequests[(round + n) % brokenRequests.length] ?? '')
      else if (by === 'frames') line.send(brokenFrames[(round + n) % brokenFrames.length] ?? '')
      else {
        line.send({ type: 'subscribe', channel, cursor: 'oldest' })
        if (n % 3 !== 0) line.send({ type: 'unsubscribe', channel })
      }
    }
    await delay(pauseMs)
  }
  line.close()
  recorder.add({ ...named, on: false })
}
