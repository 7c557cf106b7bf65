import type { FrameOwner, FrameWire, Gamut, UpgradeReply } from '@gamut/server'
import { toHttpRequest } from './asked.js'
import type { Line } from './line.js'
import type { Network } from './network.js'
import type { Page } from './page.js'
import { isAcknowledgement, isDelivery } from './units.js'

/** How a WebSocket ended, as far as its page is told. */
export interface CloseTold {
  readonly code: number
  readonly reason: string
  readonly wasClean: boolean
}

/** It ended without a word. */
export const lost: CloseTold = { code: 1006, reason: '', wasClean: false }

/** As much of a browser's WebSocket as a client uses. */
export interface PageSide {
  opened(): void
  heard(text: string): void
  ended(how: CloseTold): void
}

/** The server's side of a WebSocket in memory: the wire that its frames go out by, and what a runtime does besides. */
export class Crossing implements FrameWire {
  readonly #line: Line
  readonly #page: PageSide
  readonly #network: Network
  #owner: FrameOwner | undefined
  #isGone = false
  #isAlive = true
  #stopPings = () => {}

  constructor(network: Network, page: Page, side: PageSide) {
    this.#network = network
    this.#page = side
    this.#line = network.connect(
      page,
      'websocket',
      { page: () => side.ended(lost), server: () => this.#leave() },
      () => this.#owner?.drained(),
    )
  }

  open(node: Gamut, url: URL, extra: HeadersInit): void {
    const asked = { method: 'GET', url, headers: new Headers(extra), body: '', signal: undefined }
    this.#line.ask(() => {
      void node.handle(toHttpRequest(asked, true)).then((reply) => {
        if (reply.kind === 'upgrade') this.#begin(reply, node)
        else this.#line.cut()
      })
    })
  }

  send(text: string): void {
    this.#line.ask(() => {
      this.#isAlive = true
      this.#owner?.receive(text)
    }, true)
  }

  hangUp(): void {
    this.#line.ask(() => {
      this.#line.close()
      this.#leave()
    })
  }

  write(chunks: readonly Uint8Array[]): boolean {
    return chunks
      .map((chunk) => {
        // The line feed that ends a frame on a stream is none of a WebSocket's.
        const text = new TextDecoder().decode(chunk.subarray(0, -1))
        return this.#line.tell(() => this.#deliver(text), chunk.length)
      })
      .every(Boolean)
  }

  ping(): void {
    this.#line.tell(() =>
      this.#line.ask(() => {
        this.#isAlive = true
        this.#owner?.answered()
      }),
    )
  }

  end(code = 1000, reason = ''): void {
    this.#line.finish(() => {
      this.#line.close()
      this.#leave()
      this.#page.ended({ code, reason, wasClean: true })
    })
  }

  abort(): void {
    this.#line.cut()
  }

  pause(): void {
    this.#line.pauseUp(true)
  }

  resume(): void {
    this.#line.pauseUp(false)
  }

  #begin(reply: UpgradeReply, node: Gamut): void {
    if (!this.#line.isOver) {
      this.#line.answer(() => this.#page.opened())
      this.#cutLater()
      this.#pingOn(node.limits.heartbeatMs)
    }
    this.#owner = reply.start(this)
    if (this.#isGone) this.#owner.closed()
  }

  /** A middlebox lets the handshake pass and ends what comes of it. */
  #cutLater(): void {
    const { clock } = this.#network.parts
    const rule = this.#network.find(this.#line.page, 'cutSockets', 'websocket')
    if (rule) clock.after(rule.ms ?? 0, () => this.#line.cut())
  }

  /** Peers that do not answer are given up on, as by the server's runtimes. */
  #pingOn(heartbeatMs: number): void {
    const { clock } = this.#network.parts
    this.#stopPings = clock.after(heartbeatMs, () => {
      if (!this.#isAlive && !this.#owner?.isFull) {
        this.#line.cut()
        return
      }
      this.#isAlive = false
      this.#owner?.ask()
      this.#pingOn(heartbeatMs)
    })
  }

  #deliver(text: string): void {
    if (this.#line.isOver) return
    const isNews = isDelivery('websocket', text)
    const isLost = isNews
      ? this.#line.take('drop')
      : isAcknowledgement(text) && this.#line.take('drop', 'publish')
    if (isLost) {
      this.#line.cut()
      return
    }
    const isTwice = isNews && this.#line.take('repeat') !== undefined
    this.#page.heard(text)
    if (isTwice) this.#page.heard(text)
  }

  #leave(): void {
    if (this.#isGone) return
    this.#isGone = true
    this.#stopPings()
    this.#owner?.closed()
  }
}
