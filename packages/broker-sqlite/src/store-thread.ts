import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { BrokerUnavailable, type Clock } from '@gamut/server'
import type { AnswerGroup, Failure, StoreRequest } from './requests.js'
import type { StoreOptions } from './store/open-store.js'

interface Pending {
  readonly request: StoreRequest
  resolve(value: unknown): void
  reject(error: Error): void
}

/** What the thread tells besides answers. */
export interface ThreadListener {
  onAnswer(answer: AnswerGroup): void
  /** The thread has ended and nothing can be stored any more. */
  onEnd(reason: string): void
}

// So that nobody waits for more than some milliseconds because of who came before.
const mostInGroup = 512

/**
 * The thread that has the file. One group of requests is with it at a time; what is asked meanwhile makes the next one, so
 * the slower the disk syncs, the more share one sync.
 */
export class StoreThread {
  readonly #worker: Worker
  readonly #clock: Clock
  readonly #listener: ThreadListener
  #waiting: Pending[] = []
  #sent: Pending[] = []
  #ended: string | undefined

  private constructor(worker: Worker, clock: Clock, listener: ThreadListener) {
    this.#worker = worker
    this.#clock = clock
    this.#listener = listener
    worker.on('message', (answer: AnswerGroup) => this.#settle(answer))
    worker.on('error', (error) => this.#end(error.message))
    worker.on('exit', () => this.#end('it was closed'))
    worker.unref()
  }

  /** Opens the file in a thread of its own; rejects with what is wrong with it. */
  static async open(options: StoreOptions, clock: Clock, listener: ThreadListener): Promise<StoreThread> {
    // It imports what is built, also where the sources run as they are, in tests: a thread has only Node's own loader.
    const worker = new Worker(new URL('../bin/worker.js', import.meta.url), {
      workerData: options,
      execArgv: ['--disable-warning=ExperimentalWarning'],
    })
    const [{ refusal }] = (await once(worker, 'message')) as [{ refusal: string | undefined }]
    if (refusal === undefined) return new StoreThread(worker, clock, listener)
    await worker.terminate()
    throw new Error(refusal)
  }

  /** How many requests have no answer yet. */
  get size(): number {
    return this.#waiting.length + this.#sent.length
  }

  /** Requests are handled in the order of the calls. */
  ask(request: StoreRequest): Promise<unknown> {
    if (this.#ended) return Promise.reject(new BrokerUnavailable(this.#ended))
    return new Promise((resolve, reject) => {
      this.#waiting.push({ request, resolve, reject })
      this.#send()
    })
  }

  /** Lets what was asked be answered, and closes the file. */
  async close(): Promise<void> {
    if (this.#ended) return
    // A store that takes nothing more refuses this too, in its turn.
    while (this.size > 0) await this.ask({ kind: 'unwatch', channels: [] }).catch(() => {})
    this.#ended = 'The SQLite broker is closed.'
    this.#worker.ref()
    const exit = once(this.#worker, 'exit')
    this.#worker.postMessage('close')
    await exit
  }

  #send(): void {
    if (this.#sent.length > 0 || this.#waiting.length === 0) return
    this.#sent = this.#waiting.splice(0, mostInGroup)
    // Who waits for an answer keeps the process alive; an open file does not.
    this.#worker.ref()
    this.#worker.postMessage({
      elapsed: this.#clock.elapsed(),
      time: this.#clock.now(),
      requests: this.#sent.map(({ request }) => request),
    })
  }

  #settle(answer: AnswerGroup): void {
    const answered = this.#sent
    this.#sent = []
    this.#worker.unref()
    this.#send()
    this.#listener.onAnswer(answer)
    for (const [index, { resolve, reject }] of answered.entries()) {
      const result = answer.results[index]
      if (result && 'value' in result) resolve(result.value)
      else reject(toError(result?.failure))
    }
  }

  #end(why: string): void {
    if (this.#ended) return
    this.#ended = 'The thread of the SQLite broker has ended: the server has to be started again.'
    const [sent, waiting] = [this.#sent, this.#waiting]
    this.#sent = []
    this.#waiting = []
    for (const { reject } of sent) reject(new Error(this.#ended, { cause: why }))
    for (const { reject } of waiting) reject(new BrokerUnavailable(this.#ended, { cause: why }))
    this.#listener.onEnd(`${this.#ended} (${why})`)
  }
}

function toError(failure: Failure | undefined): Error {
  const { reason, unknown } = failure ?? { reason: 'The thread gave no answer.', unknown: true }
  return unknown ? new Error(reason) : new BrokerUnavailable(reason)
}
