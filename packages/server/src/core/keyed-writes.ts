import type { Appended, AppendMessage } from '../broker/broker.js'
import type { Clock } from '../clock.js'

/** As many messages as one publish may have. */
const atOnce = 1000

/** What shall stand in the log for a key. */
export interface Write {
  readonly key: string
  /** JSON; `null` deletes the key. */
  readonly state: string | null
  /** Nothing new is said: the lease begins anew. */
  readonly isRenewal: boolean
}

interface Waiting {
  write: Write
  readonly settle: { readonly resolve: () => void; readonly reject: (error: unknown) => void }[]
}

/** What writes need. */
export interface WritesParts {
  readonly clock: Pick<Clock, 'turn'>
  readonly append: (messages: readonly AppendMessage[]) => Promise<readonly Appended[]>
  /** Stored, each at its place; told before whoever waits for it. */
  readonly onStored: (write: Write, offset: number) => void
  readonly onFailed: (write: Write) => void
  /** Nothing waits any more. */
  readonly onIdle: () => void
}

/** The writes of one channel: all of a turn, and all that come while one is under way, are one append. */
export class Writes {
  readonly #parts: WritesParts
  #waiting = new Map<string, Waiting>()
  #underWay = new Map<string, Waiting>()
  #isRunning = false

  constructor(parts: WritesParts) {
    this.#parts = parts
  }

  get isIdle(): boolean {
    return !this.#isRunning
  }

  /** What was asked for last and is not stored yet. */
  get(key: string): Write | undefined {
    return (this.#waiting.get(key) ?? this.#underWay.get(key))?.write
  }

  isUnderWay(key: string): boolean {
    return this.#underWay.has(key)
  }

  /** Has this stored, in place of what waits for the same key. Rejects like a publish. */
  put(write: Write): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = { resolve, reject }
      const waiting = this.#waiting.get(write.key)
      if (waiting) {
        waiting.write = write
        waiting.settle.push(settle)
      } else this.#waiting.set(write.key, { write, settle: [settle] })
      if (this.#isRunning) return
      this.#isRunning = true
      this.#parts.clock.turn(() => void this.#run())
    })
  }

  async #run(): Promise<void> {
    while (this.#waiting.size > 0) {
      const some = [...this.#waiting].slice(0, atOnce)
      for (const [key] of some) this.#waiting.delete(key)
      this.#underWay = new Map(some)
      await this.#store(some.map(([, waiting]) => waiting))
    }
    this.#isRunning = false
    this.#parts.onIdle()
  }

  async #store(some: readonly Waiting[]): Promise<void> {
    const messages = some.map(
      ({ write: { key, state } }): AppendMessage =>
        state === null ? { key, deleted: true } : { key, data: state },
    )
    try {
      const stored = await this.#parts.append(messages)
      this.#underWay = new Map()
      for (const [index, { write }] of some.entries()) this.#parts.onStored(write, stored[index]?.offset ?? 0)
      for (const { settle } of some) for (const { resolve } of settle) resolve()
    } catch (error) {
      this.#underWay = new Map()
      for (const { write } of some) this.#parts.onFailed(write)
      for (const { settle } of some) for (const { reject } of settle) reject(error)
    }
  }
}
