import { type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { subprotocol } from '@gamut/protocol'
import { type WebSocket, WebSocketServer } from 'ws'
import { GamutError } from '../error.js'
import { dismiss } from '../http/response.js'
import type { Gamut } from '../server.js'
import { errorReply, type FrameWire, type PlainReply, type UpgradeReply } from '../transports/transport.js'
import { fromIncoming } from './node-request.js'

/** Answers a handshake that is not accepted, over the bare socket that Node leaves. */
function refuseSocket({ status, headers, body }: PlainReply, socket: Duplex): void {
  const bytes = Buffer.from(body)
  const lines = Object.entries({ ...headers, connection: 'close', 'content-length': String(bytes.length) })
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    ...lines.map(([name, value]) => `${name}: ${value}`),
  ]
  socket.end(Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), bytes]))
}

/** Each chunk is a frame; the line feed that ends it on a stream is not sent. */
function toWire(webSocket: WebSocket, socket: Duplex): FrameWire {
  return {
    write: (chunks) => {
      socket.cork()
      for (const chunk of chunks) webSocket.send(chunk.subarray(0, -1), { binary: false })
      socket.uncork()
      return !socket.writableNeedDrain
    },
    end: (code, reason) => webSocket.close(code ?? 1000, reason),
    abort: () => webSocket.terminate(),
    pause: () => webSocket.pause(),
    resume: () => webSocket.resume(),
  }
}

/** Shakes hands with WebSockets, hands their frames over, and finds peers that are gone by pings. */
export class SocketUpgrades {
  readonly #gamut: Gamut
  readonly #server: WebSocketServer
  /** Open sockets, and whether each has answered since the last ping. */
  readonly #alive = new Map<WebSocket, boolean>()
  readonly #pinging: NodeJS.Timeout

  constructor(gamut: Gamut) {
    this.#gamut = gamut
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      // Twice what a frame may have: up to there it is refused by our own code, past it by the library's 1009.
      maxPayload: 2 * gamut.limits.maxBodyBytes,
      handleProtocols: (offered) => (offered.has(subprotocol) ? subprotocol : false),
    })
    this.#pinging = setInterval(() => this.#ping(), gamut.limits.heartbeatMs).unref()
  }

  /** Answers a handshake for one of Gamut's paths. */
  async upgrade(message: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => socket.destroy())
    if (message.headers.upgrade?.toLowerCase() !== 'websocket') {
      refuseSocket(
        errorReply(new GamutError('upgrade_required', 'Only "Upgrade: websocket" is known here.')),
        socket,
      )
      return
    }
    const reply = await this.#gamut.handle(fromIncoming(message, true))
    if (reply.kind === 'plain') {
      refuseSocket(reply, socket)
    } else if (reply.kind === 'stream') {
      dismiss(reply)
      refuseSocket(
        errorReply(new GamutError('query_invalid', 'A WebSocket handshake cannot ask for a stream.')),
        socket,
      )
    } else {
      this.#server.handleUpgrade(message, socket, head, (webSocket) => this.#hold(reply, webSocket, socket))
    }
  }

  /** How many sockets have not said goodbye. */
  get open(): number {
    return this.#alive.size
  }

  /** Pings no more. Open sockets are ended by whoever drains. */
  close(): void {
    clearInterval(this.#pinging)
  }

  /** Ends every socket at once. */
  terminate(): void {
    for (const webSocket of this.#alive.keys()) webSocket.terminate()
  }

  #hold(reply: UpgradeReply, webSocket: WebSocket, socket: Duplex): void {
    this.#alive.set(webSocket, true)
    const owner = reply.start(toWire(webSocket, socket))
    const { maxBodyBytes } = this.#gamut.limits
    webSocket.on('message', (data, isBinary) => {
      const bytes = data as Buffer
      if (isBinary) owner.refuse(new GamutError('frame_invalid', 'Frames are text: JSON objects.'))
      else if (bytes.length > maxBodyBytes)
        owner.refuse(new GamutError('too_large', `A frame has at most ${maxBodyBytes} bytes.`))
      else owner.receive(bytes.toString())
    })
    webSocket.on('pong', () => this.#alive.set(webSocket, true))
    webSocket.on('close', () => {
      this.#alive.delete(webSocket)
      owner.closed()
    })
    // The library closes a socket that breaks the protocol; the peer is told by its close code.
    webSocket.on('error', () => {})
    socket.on('drain', () => owner.drained())
  }

  #ping(): void {
    for (const [webSocket, isAlive] of this.#alive) {
      if (!isAlive) {
        webSocket.terminate()
        continue
      }
      this.#alive.set(webSocket, false)
      webSocket.ping()
    }
  }
}
