import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { subprotocol } from '@gamut/protocol'
import { WebSocketServer } from 'ws'
import { GamutError } from '../error.js'
import type { Gamut } from '../gamut.js'
import type { Entrance } from '../http/request.js'
import { dismiss } from '../http/response.js'
import { errorReply, type PlainReply } from '../transports/transport.js'
import { FrameSocket, OwnedSocket } from './frame-socket.js'
import { gather } from './framed-writes.js'
import { fromIncoming } from './node-request.js'
import { formatAnswer } from './raw-answer.js'
import { handshakeFault } from './upgrade-only.js'

/** How long a handshake may take, in milliseconds, the hooks that are asked for it too: nobody notices meanwhile that its peer goes. */
const handshakeMs = 30_000
/** Pieces in which the bytes of one frame may come from the network. */
const maxBufferedChunks = 16_384
/** How often messages that are not whole are looked at, in milliseconds. */
const lookEveryMs = 1000
/** How long a peer may take for a refusal, in milliseconds. */
const refusedMs = 2000

/** Answers a handshake that is not accepted, over the bare socket that Node leaves. */
function refuseSocket(reply: PlainReply, socket: Duplex): void {
  socket.end(formatAnswer(reply, { connection: 'close' }))
  // What is still sent is read, to the peer's own end: a connection that is closed over it would be reset, and the answer lost.
  socket.resume()
  const timer = setTimeout(() => socket.destroy(), refusedMs).unref()
  socket.once('close', () => clearTimeout(timer))
}

/**
 * Leaves the end of a socket to the one who takes it. What Node's own listener does is for sockets that end by themselves
 * with their peer, and an HTTP server's do not; two listeners would be a list for each socket (I18).
 */
function forgetEnd(socket: Duplex): void {
  if (!socket.allowHalfOpen) return
  for (const listener of socket.listeners('end') as (() => void)[])
    if (listener.name === 'onReadableStreamEnd') socket.off('end', listener)
}

/** Shakes hands with WebSockets, hands their frames over, and finds peers that are gone by pings. */
export class SocketUpgrades {
  readonly #gamut: Gamut
  readonly #entrance: Entrance | undefined
  readonly #server: WebSocketServer
  /** Sockets that shake hands, and those that were refused, until they are closed: Node's server does not know them any more. */
  readonly #handshakes = new Set<Duplex>()
  readonly #open = new Set<FrameSocket>()
  readonly #pinging: NodeJS.Timeout
  readonly #looking: NodeJS.Timeout
  #isOver = false

  constructor(gamut: Gamut, entrance: Entrance | undefined) {
    this.#gamut = gamut
    this.#entrance = entrance
    this.#server = new WebSocketServer({
      noServer: true,
      WebSocket: OwnedSocket,
      clientTracking: false,
      perMessageDeflate: false,
      // Twice what a frame may have: up to there it is refused by our own code, past it by the library's 1009.
      maxPayload: 2 * gamut.limits.maxBodyBytes,
      maxFragments: gamut.limits.maxFragments,
      maxBufferedChunks,
      handleProtocols: (offered) => (offered.has(subprotocol) ? subprotocol : false),
    })
    this.#pinging = setInterval(() => {
      for (const open of this.#open) open.check()
    }, gamut.limits.heartbeatMs).unref()
    this.#looking = setInterval(() => this.#boundMessages(), lookEveryMs).unref()
  }

  /** Answers a handshake for one of Gamut's paths. */
  upgrade(message: IncomingMessage, socket: Duplex, head: Buffer): void {
    const begun = this.#begin(socket)
    this.#answer(message, socket, head, begun).catch(() => socket.destroy())
  }

  /** How many sockets are not closed, those of handshakes too. */
  get open(): number {
    return this.#handshakes.size + this.#open.size
  }

  /** Takes no more handshakes. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** Ends every socket at once. Whoever drains has told their peers. */
  close(): void {
    this.#isOver = true
    clearInterval(this.#pinging)
    clearInterval(this.#looking)
    for (const socket of this.#handshakes) socket.destroy()
    for (const open of this.#open) open.destroy()
  }

  /** All messages together that are not whole could fill the memory: the oldest give way, without a word that their peers might not take. */
  #boundMessages(): void {
    const { maxBodiesBytes } = this.#gamut.limits
    const messages = [...this.#open].map((open) => ({ open, ...open.unfinished() }))
    let bytes = messages.reduce((sum, message) => sum + message.bytes, 0)
    if (bytes <= maxBodiesBytes) return
    for (const message of messages.sort((one, other) => other.ms - one.ms)) {
      if (bytes <= maxBodiesBytes) break
      bytes -= message.bytes
      message.open.abort()
      this.#gamut.noteRefusal('overloaded')
    }
  }

  /** Knows a socket that shakes hands, and bounds it in time; gives what ends that. */
  #begin(socket: Duplex): () => void {
    const fail = () => socket.destroy()
    const timer = setTimeout(fail, handshakeMs).unref()
    const end = () => {
      clearTimeout(timer)
      this.#handshakes.delete(socket)
      socket.off('close', end)
      socket.off('error', fail)
    }
    this.#handshakes.add(socket)
    socket.on('close', end)
    socket.on('error', fail)
    return end
  }

  async #answer(message: IncomingMessage, socket: Duplex, head: Buffer, end: () => void): Promise<void> {
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
      end()
      gather(socket as Socket)
      forgetEnd(socket)
      this.#server.handleUpgrade(message, socket, head, (webSocket) => {
        const { limits } = this.#gamut
        new FrameSocket(reply, webSocket as OwnedSocket, socket as Socket, { limits, sockets: this.#open })
      })
    }
  }
}
