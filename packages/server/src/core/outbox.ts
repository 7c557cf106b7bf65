import type { ChannelName, Cursor } from '@gamut/protocol'
import type { Clock } from '../clock.js'
import type { TransportTally } from '../telemetry/tally.js'
import type { Page } from './log/page.js'
import type { Flushable, WriteLoop } from './write-loop.js'

/** How a runtime takes a connection's bytes. Each chunk is one frame of a WebSocket, or a piece of a held response. */
export interface Wire {
  /** Writes at once. `false`: full, and the runtime calls the outbox's `drained` later. */
  write(chunks: readonly Uint8Array[]): boolean
  /** Ends the connection after what was written: a WebSocket with this code and reason. */
  end(code?: number, reason?: string): void
  /** Ends it at once, whatever is still unsent. */
  abort(code?: number, reason?: string): void
}

/** What an outbox has that holds nothing: ten thousand idle ones share it. */
const nothing: [] = []
/** What passes a full connection: a heartbeat, a reconnect. */
const controlBytes = 4096

/** What a connection shall get, collected and written once per turn. Bounded: who fills it is told to wait. */
export class Outbox implements Flushable {
  /** When something was last written, by `elapsed`. */
  writtenAt: number
  /** Since when the runtime has no room, by `elapsed`; `undefined` while it has. */
  blockedSince: number | undefined
  readonly #wire: Wire
  readonly #loop: WriteLoop
  readonly #maxBytes: number
  readonly #tally: TransportTally
  readonly #clock: Clock
  /** Adds what must end each write, like the position of a set of channels. */
  readonly #seal: (() => Uint8Array | undefined) | undefined
  #chunks: Uint8Array[] = nothing
  /** The page of each chunk that is one. */
  #pages: (Page | undefined)[] = nothing
  #bytes = 0
  #controlled = 0
  #ended = false
  #ending: { readonly code: number | undefined; readonly reason: string | undefined } | undefined
  #waiting: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined

  constructor(options: {
    readonly wire: Wire
    readonly loop: WriteLoop
    readonly maxBytes: number
    readonly tally: TransportTally
    readonly clock: Clock
    readonly seal?: (() => Uint8Array | undefined) | undefined
  }) {
    this.#wire = options.wire
    this.#loop = options.loop
    this.#maxBytes = options.maxBytes
    this.#tally = options.tally
    this.#clock = options.clock
    this.#seal = options.seal
    this.writtenAt = options.clock.elapsed()
  }

  /** Everything was handed to the runtime, or nothing will be any more. */
  get isEnded(): boolean {
    return this.#ended
  }

  /** Nothing more is taken but what is small. */
  get isFull(): boolean {
    return this.#blocked || this.#bytes >= this.#maxBytes
  }

  /** What waits to be written. */
  get bytes(): number {
    return this.#bytes
  }

  get #blocked(): boolean {
    return this.blockedSince !== undefined
  }

  /** Takes bytes for the end of this turn, full or not: who has much to write asks for `room` first. */
  write(bytes: Uint8Array, page?: Page): void {
    if (this.#ended || this.#ending) return
    if (this.#chunks === nothing) {
      this.#chunks = [bytes]
      this.#pages = [page]
    } else {
      this.#chunks.push(bytes)
      this.#pages.push(page)
    }
    this.#bytes += bytes.length
    if (!this.#blocked) this.#loop.add(this)
  }

  /** `undefined` while there is room; when full a promise that resolves once there is. */
  room(): undefined | Promise<void> {
    if (this.#ended || !this.isFull) return undefined
    if (!this.#waiting) {
      let resolve = () => {}
      const promise = new Promise<void>((settle) => {
        resolve = settle
      })
      this.#waiting = { promise, resolve }
    }
    return this.#waiting.promise
  }

  /** Takes a control item even when full, but no more than 4 KB of them. */
  control(bytes: Uint8Array): void {
    if (this.#blocked) {
      if (this.#controlled + bytes.length > controlBytes) return
      this.#controlled += bytes.length
    }
    this.write(bytes)
  }

  /** Lets go of a channel's pages that were not written yet; gives the cursor before the first of them. */
  drop(channel: ChannelName): Cursor | undefined {
    const isDropped = (page: Page | undefined) => page?.head.channel === channel
    const first = this.#pages.find(isDropped)
    if (!first) return undefined
    this.#chunks = this.#chunks.filter((_chunk, index) => !isDropped(this.#pages[index]))
    this.#pages = this.#pages.filter((page) => !isDropped(page))
    this.#bytes = this.#chunks.reduce((sum, { length }) => sum + length, 0)
    return first.head.after
  }

  /** Writes what was collected. */
  flush(now = this.#clock.elapsed()): void {
    if (this.#ended || this.#blocked || this.#chunks.length === 0) return
    const seal = this.#seal?.()
    if (seal) this.#chunks.push(seal)
    const chunks = this.#chunks
    this.#tally.writes++
    this.#tally.bytes += this.#bytes
    this.#chunks = nothing
    this.#pages = nothing
    this.#bytes = 0
    this.#controlled = 0
    this.writtenAt = now
    this.blockedSince = this.#wire.write(chunks) ? undefined : this.writtenAt
    if (this.#blocked) this.#tally.blocked++
    else this.#release()
  }

  /** The runtime has room again. */
  drained(): void {
    if (!this.#blocked) return
    this.blockedSince = undefined
    if (this.#ending) this.#finish()
    else if (this.#chunks.length > 0) this.#loop.add(this)
    else this.#release()
  }

  /** Takes nothing more, writes the rest as soon as there is room, and ends the connection. */
  end(code?: number, reason?: string): void {
    if (this.#ended || this.#ending) return
    this.#ending = { code, reason }
    if (!this.#blocked) this.#finish()
  }

  /** The connection is gone: nothing is kept and nobody waits for ever. */
  close(): void {
    this.#ended = true
    this.#chunks = nothing
    this.#pages = nothing
    this.#loop.remove(this)
    this.#release()
  }

  /** Ends the connection at once: its peer takes nothing. */
  abort(code: number, reason: string): void {
    this.close()
    this.#wire.abort(code, reason)
  }

  /** Ends a full connection: past its fullness with what is small, else without it. */
  endFull(code: number, reason: string): void {
    if (this.#bytes > controlBytes) {
      this.#chunks = nothing
      this.#pages = nothing
      this.#bytes = 0
    }
    if (this.#ended) return
    this.blockedSince = undefined
    this.#ending = { code, reason }
    this.#finish()
  }

  #finish(): void {
    this.flush()
    this.close()
    this.#wire.end(this.#ending?.code, this.#ending?.reason)
  }

  #release(): void {
    this.#waiting?.resolve()
    this.#waiting = undefined
  }
}
