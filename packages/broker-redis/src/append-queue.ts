import type { AppendMessage, AppendOptions, AppendResult } from '@gamut/server'
import type { PendingAppend } from './append-call.js'

/** So many messages go into one run of the script, unless a single append has more: a script holds up all others. */
const messagesAtOnce = 500

/** Stores appends of one channel in one step, in their order; one answer for each. */
export type StoreAppends = (appends: readonly PendingAppend[]) => Promise<readonly AppendResult[]>

/**
 * The appends of one channel, one run of the script after the other: so they enter in the order of the calls whatever a
 * run meets, and all that come while one is under way are one command together.
 */
export class AppendQueue {
  readonly #store: StoreAppends
  readonly #onIdle: () => void
  #waiting: PendingAppend[] = []
  #isBusy = false

  constructor(store: StoreAppends, onIdle: () => void) {
    this.#store = store
    this.#onIdle = onIdle
  }

  add(messages: readonly AppendMessage[], options: AppendOptions): Promise<AppendResult> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ messages, options, resolve, reject })
      if (this.#isBusy) return
      this.#isBusy = true
      // What is appended in the same turn joins the first run.
      queueMicrotask(() => this.#run())
    })
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const appends = this.#take()
      try {
        const results = await this.#store(appends)
        for (const [index, append] of appends.entries()) {
          const result = results[index]
          if (result) append.resolve(result)
          else append.reject(new Error('Redis answered fewer results than there were appends.'))
        }
      } catch (error) {
        for (const append of appends) append.reject(error)
      }
    }
    this.#isBusy = false
    this.#onIdle()
  }

  #take(): readonly PendingAppend[] {
    let count = 0
    let messages = 0
    for (const append of this.#waiting) {
      messages += append.messages.length
      if (count > 0 && messages > messagesAtOnce) break
      count += 1
    }
    return this.#waiting.splice(0, count)
  }
}
