import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { subprotocol } from '@gamut/protocol'
import { type WebSocket, WebSocketServer } from 'ws'
import { GamutError } from '../error.js'
import type { Entrance } from '../http/request.js'
import { dismiss } from '../http/response.js'
import type { Gamut } from '../server.js'
import { errorReply, type FrameOwner, type PlainReply, type UpgradeReply } from '../transports/transport.js'
import { FrameSocket } from './frame-socket.js'
import { MessageAge } from './message-age.js'
import { fromIncoming } from './node-request.js'
import { formatAnswer } from './raw-answer.js'
import { handshakeFault } from './upgrade-only.js'

/** How long a handshake may take, in milliseconds, the hooks that are asked for it too: nobody notices meanwhile that its peer goes. */
const handshakeMs = 30_000
/** Pieces in which the bytes of one frame may come from the network. */
const maxBufferedChunks = 16_384
/** How long a peer may take for a refusal, in milliseconds. */
const refusedMs = 2000

/** Ends a socket that has not closed by itself after so long; gives what takes that back. */
function destroyAfter(socket: Duplex, ms: number): () => void {
  const timer = setTimeout(() => socket.destroy(), ms).unref()
  const cancel = () => {
    clearTimeout(timer)
    socket.off('close', cancel)
  }
  socket.once('close', cancel)
  return cancel
}

/** Answers a handshake that is not accepted, over the bare socket that Node leaves. */
function refuseSocket(reply: PlainReply, socket: Duplex): void {
  socket.end(formatAnswer(reply, { connection: 'close' }))
  // What is still sent is read, to the peer's own end: a connection that is closed over it would be reset, and the answer lost.
  socket.resume()
  destroyAfter(socket, refusedMs)
}

/** Shakes hands with WebSockets, hands their frames over, and finds peers that are gone by pings. */
export class SocketUpgrades {
  readonly #gamut: Gamut
  readonly #entrance: Entrance | undefined
  readonly #server: WebSocketServer
  /** Every socket from its handshake until it is closed: Node's server does not know them any more. */
  readonly #sockets = new Set<Duplex>()
  /** Open sockets, who is told of them, whether each has answered since the last ping, and how long its message takes. */
  readonly #peers = new Map<
    WebSocket,
    { readonly owner: FrameOwner; readonly age: MessageAge; isAlive: boolean }
  >()
  readonly #pinging: NodeJS.Timeout
  #isOver = false

  constructor(gamut: Gamut, entrance: Entrance | undefined) {
    this.#gamut = gamut
    this.#entrance = entrance
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      // Twice what a frame may have: up to there it is refused by our own code, past it by the library's 1009.
      maxPayload: 2 * gamut.limits.maxBodyBytes,
      maxFragments: gamut.limits.maxFragments,
      maxBufferedChunks,
      handleProtocols: (offered) => (offered.has(subprotocol) ? subprotocol : false),
    })
    this.#pinging = setInterval(() => this.#ping(), gamut.limits.heartbeatMs).unref()
  }

  /** Answers a handshake for one of Gamut's paths. */
  upgrade(message: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    const cancel = destroyAfter(socket, handshakeMs)
    this.#answer(message, socket, head, cancel).catch(() => socket.destroy())
  }

  /** How many sockets are not closed, those of handshakes too. */
  get open(): number {
    return this.#sockets.size
  }

  /** Takes no more handshakes. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** Ends every socket at once. Whoever drains has told their peers. */
  close(): void {
    this.#isOver = true
    clearInterval(this.#pinging)
    for (const socket of this.#sockets) socket.destroy()
  }

  async #answer(message: IncomingMessage, socket: Duplex, head: Buffer, cancel: () => void): Promise<void> {
    const fault = handshakeFault(message)
    if (fault !== undefined) {
      refuseSocket(errorReply(new GamutError('upgrade_required', fault)), socket)
      return
    }
    const reply = await this.#gamut.handle(
      fromIncoming(this.#gamut, message, { isUpgrade: true, entrance: this.#entrance }),
    )
    if (reply.kind === 'plain') {
      refuseSocket(reply, socket)
    } else if (reply.kind !== 'upgrade') {
      dismiss(reply)
      refuseSocket(
        errorReply(
          new GamutError('query_invalid', 'A WebSocket handshake cannot ask for another transport.'),
        ),
        socket,
      )
    } else {
      this.#server.handleUpgrade(message, socket, head, (webSocket) => {
        cancel()
        this.#hold(reply, webSocket, socket)
      })
    }
  }

  #hold(reply: UpgradeReply, webSocket: WebSocket, socket: Duplex): void {
    const owner = reply.start(new FrameSocket(webSocket, socket))
    const age = new MessageAge(() => (socket as Socket).bytesRead, performance.now())
    const peer = { owner, age, isAlive: true }
    this.#peers.set(webSocket, peer)
    const { maxBodyBytes } = this.#gamut.limits
    webSocket.on('message', (data, isBinary) => {
      const bytes = data as Buffer
      peer.isAlive = true
      age.done()
      if (isBinary) owner.refuse(new GamutError('frame_invalid', 'Frames are text: JSON objects.'))
      else if (bytes.length > maxBodyBytes)
        owner.refuse(new GamutError('too_large', `A frame has at most ${maxBodyBytes} bytes.`))
      else owner.receive(bytes.toString())
    })
    webSocket.on('pong', (data) => {
      peer.isAlive = true
      age.control(data)
      owner.answered()
    })
    webSocket.on('ping', (data) => age.control(data))
    webSocket.on('close', () => {
      this.#peers.delete(webSocket)
      owner.closed()
    })
    // The library closes a socket that breaks the protocol; the peer is told by its close code.
    webSocket.on('error', () => {})
    socket.on('drain', () => owner.drained())
  }

  /** A message that comes in drops would keep what it has so far for as long as its peer likes. */
  #refuseOldMessages(): void {
    const { messageTimeoutMs } = this.#gamut.limits
    for (const { age, owner } of this.#peers.values()) {
      if (age.at(performance.now()) <= messageTimeoutMs) continue
      age.done()
      owner.refuse(new GamutError('frame_invalid', `A frame takes at most ${messageTimeoutMs} ms.`))
    }
  }

  #ping(): void {
    this.#refuseOldMessages()
    for (const [webSocket, peer] of this.#peers) {
      // It is we who do not read: its pong could not arrive.
      if (webSocket.isPaused) {
        peer.isAlive = true
        continue
      }
      // Behind all that it has to read yet its answer may take long: how long is bounded where it is full.
      if (!peer.isAlive && !peer.owner.isFull) {
        webSocket.terminate()
        continue
      }
      peer.isAlive = false
      peer.owner.ask()
    }
  }
}
