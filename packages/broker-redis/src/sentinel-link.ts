import { setTimeout as delay } from 'node:timers/promises'
import { BrokerUnavailable } from '@gamut/server'
import type { ClientLink } from './client-link.js'
import { withDeadline } from './deadline.js'
import type { Link, LinkListener } from './link.js'
import type { Script } from './scripts/script.js'
import { isRefusal } from './trouble.js'

/** What following a master needs. */
export interface SentinelParts {
  /** Where the master is, as the Sentinels say. */
  find(): Promise<string>
  linkTo(address: string): ClientLink
  /** What topics end in, on each of them. */
  readonly scope: string
}

const betweenTriesMs = 500
/** A master that is just being replaced is not waited for. */
const connectMs = 2_000
/** One that was cut off may go on without a sign, and with it whoever is on its side. */
const lookMs = 5_000

/** A Redis that Sentinels watch: the way to whichever of its nodes is the master. */
export class SentinelLink implements Link {
  readonly command = 'PUBLISH'
  readonly scope: string
  readonly #parts: SentinelParts
  readonly #listener: LinkListener
  readonly #topics = new Set<string>()
  #address = ''
  #master: ClientLink | undefined
  #timer: NodeJS.Timeout | undefined
  #isMoving = false
  #isClosed = false

  constructor(parts: SentinelParts, listener: LinkListener) {
    this.#parts = parts
    this.scope = parts.scope
    this.#listener = listener
  }

  get isReady(): boolean {
    return this.#master?.isReady ?? false
  }

  async open(): Promise<void> {
    while (!this.#isClosed) {
      try {
        await this.#connect(await this.#parts.find())
        this.#timer = setInterval(() => this.#look(), lookMs).unref()
        return
      } catch (error) {
        if (error instanceof BrokerUnavailable || isRefusal(error)) throw error
        this.#listener.onTrouble(error)
        await delay(betweenTriesMs)
      }
    }
    throw new Error('closed before it was connected')
  }

  async run(script: Script, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    if (!this.#master) throw new Error('there is no master')
    return this.#master.run(script, keys, args)
  }

  samples(): readonly number[] {
    return [0]
  }

  sampleOf(): number {
    return 0
  }

  async subscribe(topics: readonly string[]): Promise<void> {
    for (const topic of topics) this.#topics.add(topic)
    await this.#master?.subscribe(topics)
  }

  unsubscribe(topics: readonly string[]): void {
    for (const topic of topics) this.#topics.delete(topic)
    this.#master?.unsubscribe(topics)
  }

  renew(): void {
    const stayed = (error: unknown) => {
      this.#listener.onTrouble(error)
      return false
    }
    void this.#move()
      .catch(stayed)
      .then((hasMoved) => {
        if (!hasMoved) this.#master?.renew()
      })
  }

  async close(): Promise<void> {
    this.#isClosed = true
    clearInterval(this.#timer)
    await this.#master?.close()
  }

  #look(): void {
    // Without Sentinels, the master that there is will do.
    this.#move().catch(() => {})
  }

  /** Goes to where the master is now; says whether that was needed. */
  async #move(): Promise<boolean> {
    if (this.#isMoving) return true
    this.#isMoving = true
    try {
      const address = await this.#parts.find()
      if (address === this.#address || this.#isClosed) return false
      // What is announced until then is not heard.
      this.#listener.onTrouble(new Error(`another Redis is the master now: ${address}`))
      await this.#connect(address)
      return true
    } finally {
      this.#isMoving = false
    }
  }

  async #connect(address: string): Promise<void> {
    const master = this.#parts.linkTo(address)
    try {
      await withDeadline(master.open(), connectMs)
      await master.subscribe([...this.#topics])
    } catch (error) {
      await master.close()
      throw error
    }
    const before = this.#isClosed ? master : this.#master
    if (!this.#isClosed) [this.#master, this.#address] = [master, address]
    await before?.close()
  }
}
