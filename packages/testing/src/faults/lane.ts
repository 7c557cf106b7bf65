import type { Socket } from 'node:net'
import { createEventQueue } from '../wire/event-queue.js'
import { pause } from '../wire/pause.js'

/** What happens to the bytes of one direction, from now on and on every connection. */
export interface LaneFaults {
  /**
   * Bytes are taken and thrown away; the sender notices nothing. A connection that lost bytes so stays mute for ever.
   * `bodies`: the first HTTP head of a connection gets through, as by a proxy that holds streams back.
   */
  readonly mute?: boolean | 'bodies'
  /** Nothing is taken from the sender and nothing delivered, not even an end; all goes on once it is let go. */
  readonly hold?: boolean
  /** Each byte arrives so much later. */
  readonly delayMs?: number
  readonly bytesPerSecond?: number
  /** Greatest size of one write: 1 for single bytes. */
  readonly writeBytes?: number
  /** Each connection ends right behind its k-th byte in this direction. */
  readonly endAfterBytes?: number
  /** Whether that end is a FIN (`cut`, the default) or an RST. */
  readonly endBy?: 'cut' | 'reset'
}

/** One direction of one connection. */
export interface Lane {
  /** The faults have changed. */
  wake(): void
}

interface LaneParts {
  readonly from: Socket
  readonly to: Socket
  /** The faults of this moment. */
  readonly faults: () => LaneFaults
  /** Aborted when the connection is over. */
  readonly over: AbortSignal
  onBytes(count: number): void
  /** Ends the connection on both sides. */
  end(how: 'cut' | 'reset'): void
}

/** The greatest amount that a lane holds; then its sender backs up, as behind a full kernel buffer. */
const highWaterBytes = 64 * 1024

/** Bytes and when they came; a head gets through where bodies are mute. */
type Item = { readonly bytes: Buffer; readonly at: number; readonly isHead: boolean } | 'end'

/** Waits until what is written has left, or the connection is over. */
function written(to: Socket, bytes: Buffer, over: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (over.aborted) return resolve()
    const done = () => {
      over.removeEventListener('abort', done)
      resolve()
    }
    over.addEventListener('abort', done)
    to.write(bytes, done)
  })
}

const headEnd = '\r\n\r\n'

/** Finds where the first HTTP head of a connection ends, however its bytes come. */
class HeadFinder {
  #tail = ''
  #isOver = false

  /** How many of the next bytes belong to it. */
  take(bytes: Buffer): number {
    if (this.#isOver) return 0
    const before = this.#tail.length
    const text = this.#tail + bytes.toString('latin1')
    const end = text.indexOf(headEnd)
    this.#isOver = end >= 0
    this.#tail = text.slice(1 - headEnd.length)
    return this.#isOver ? end + headEnd.length - before : bytes.length
  }
}

class FaultLane implements Lane {
  readonly #parts: LaneParts
  readonly #queue = createEventQueue<Item>()
  readonly #head = new HeadFinder()
  #queued = 0
  #delivered = 0
  #lost = false
  #release = () => {}

  constructor(parts: LaneParts) {
    this.#parts = parts
    const { from, over } = parts
    from.on('data', (bytes) => this.#receive(bytes))
    from.on('end', () => this.#queue.push('end'))
    over.addEventListener('abort', () => {
      this.#queue.end()
      this.#release()
    })
    void this.#run()
    this.#flow()
  }

  wake(): void {
    this.#release()
    this.#flow()
  }

  #isMute(): boolean {
    return this.#lost || !!this.#parts.faults().mute
  }

  #flow(): void {
    const { from, faults } = this.#parts
    if (!faults().hold && this.#queued < highWaterBytes) from.resume()
    else from.pause()
  }

  #receive(bytes: Buffer): void {
    this.#parts.onBytes(bytes.length)
    const headBytes = this.#head.take(bytes)
    const isHead = this.#parts.faults().mute === 'bodies'
    const passed = !this.#isMute() ? bytes.length : isHead && !this.#lost ? headBytes : 0
    this.#lost ||= passed < bytes.length
    if (passed === 0) return
    this.#queued += passed
    this.#queue.push({ bytes: bytes.subarray(0, passed), at: performance.now(), isHead })
    this.#flow()
  }

  async #run(): Promise<void> {
    const { to, over } = this.#parts
    for (let item = await this.#queue.next(); item && !over.aborted; item = await this.#queue.next()) {
      if (item !== 'end') await this.#carry(item)
      else {
        await this.#released()
        if (!this.#isMute() && !over.aborted) to.end()
      }
    }
  }

  async #carry({ bytes, at, isHead }: Exclude<Item, 'end'>): Promise<void> {
    const { faults, over } = this.#parts
    const { delayMs = 0 } = faults()
    await pause(at + delayMs - performance.now(), over)
    for (let rest = bytes; rest.length > 0 && !over.aborted; ) {
      await this.#released()
      const isLost = !isHead && this.#isMute()
      this.#lost ||= isLost
      const size = isLost || over.aborted ? rest.length : await this.#deliver(rest)
      rest = rest.subarray(size)
      this.#queued -= size
      this.#flow()
    }
  }

  async #released(): Promise<void> {
    const { faults, over } = this.#parts
    while (faults().hold && !over.aborted) {
      await new Promise<void>((resolve) => {
        this.#release = resolve
      })
    }
  }

  /** Delivers the first part of the bytes; gives how many they were. */
  async #deliver(bytes: Buffer): Promise<number> {
    const { to, faults, over, end } = this.#parts
    const { endAfterBytes = Number.POSITIVE_INFINITY, writeBytes = bytes.length, bytesPerSecond } = faults()
    const left = endAfterBytes - this.#delivered
    const rate = bytesPerSecond ?? Number.POSITIVE_INFINITY
    // A tenth of a second's worth, so that a slow lane drips and does not gush.
    const size = Math.max(1, Math.min(bytes.length, writeBytes, left, Math.ceil(rate / 10)))
    if (left > 0) {
      await written(to, bytes.subarray(0, size), over)
      this.#delivered += size
    }
    if (this.#delivered >= endAfterBytes) end(faults().endBy ?? 'cut')
    else if (bytesPerSecond) await pause((size / bytesPerSecond) * 1000, over)
    else if (size < bytes.length) await new Promise((resolve) => setImmediate(resolve))
    return size
  }
}

/** Carries bytes from one socket to another under faults that may change at any time. */
export function createLane(parts: LaneParts): Lane {
  return new FaultLane(parts)
}
