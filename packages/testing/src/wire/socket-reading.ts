import { subprotocol } from '@gamut/protocol'
import { type RawData, WebSocket } from 'ws'
import { closedEvent, type Feed } from './feed.js'
import { nobody } from './raw-connection.js'
import { buildReadRequest, type ReadOptions } from './read-request.js'
import type { ClosedEvent } from './reader-event.js'
import { frameEvents } from './server-frames.js'
import { bodyError } from './wire-error.js'

/** Something to send once the socket is open. */
export type SendFrame = (frame: object | string) => void

function toText(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8')
  return Buffer.isBuffer(data) ? data.toString('utf8') : Buffer.from(data).toString('utf8')
}

function connect(options: ReadOptions): WebSocket {
  const { host, port, secure, target, headers } = buildReadRequest('websocket', options)
  const authority = host?.includes(':') ? `[${host}]` : host
  return new WebSocket(`${secure ? 'wss' : 'ws'}://${authority}:${port}${target}`, [subprotocol], {
    headers,
    perMessageDeflate: false,
  })
}

function useSocket(socket: WebSocket, feed: Feed): void {
  let held = false
  let bytesRead = () => 0
  socket.on('upgrade', (response) => {
    bytesRead = () => response.socket.bytesRead
  })
  // ws ignores pause() before the socket is open.
  socket.on('open', () => held && socket.pause())
  feed.use({
    pause: () => {
      held = true
      socket.pause()
    },
    resume: () => {
      held = false
      socket.resume()
    },
    close: () => socket.terminate(),
    get bytesRead() {
      return bytesRead()
    },
  })
}

/** Reads frames over a WebSocket by a library that is not ours to write (PROTOCOL §7). `onOpen` gets how to send. */
export function readSocket(
  options: ReadOptions,
  feed: Feed,
  onOpen: (send: SendFrame) => void = () => undefined,
): Promise<ClosedEvent> {
  const socket = connect(options)
  useSocket(socket, feed)
  return new Promise((resolve, reject) => {
    let failed: ClosedEvent | undefined
    socket.on('open', () =>
      onOpen((frame) => socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame))),
    )
    socket.on('message', (data) => {
      try {
        for (const event of frameEvents(toText(data))) feed.emit(event)
      } catch (error) {
        socket.terminate()
        reject(error)
      }
    })
    socket.on('unexpected-response', (_request, response) => {
      const status = response.statusCode ?? 0
      const pieces: Buffer[] = []
      response.on('data', (piece: Buffer) => pieces.push(piece))
      response.on('close', () => {
        feed.emit(bodyError(status, Buffer.concat(pieces).toString('utf8'), response.headers['retry-after']))
        resolve(closedEvent(response.complete ? 'complete' : 'cut', { status }))
      })
    })
    socket.on('error', (error: NodeJS.ErrnoException) => {
      failed ??= closedEvent(nobody.has(error.code ?? '') ? 'refused' : 'reset', { message: error.message })
    })
    socket.on('close', (code, reason) => {
      const clean = code !== 1006
      const detail = { code, ...(reason.length > 0 && { message: reason.toString('utf8') }) }
      if (feed.signal.aborted) resolve(closedEvent('local'))
      else resolve(failed ?? closedEvent(clean ? 'complete' : 'cut', detail))
    })
  })
}
