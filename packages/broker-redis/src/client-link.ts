import { withDeadline } from './deadline.js'
import type { Link, LinkListener } from './link.js'
import type { Script } from './scripts/script.js'

type Listener = (message: string, topic: string) => void

/** What is used of a client of `@redis/client`, whatever modules and scripts it was made with. */
export interface RedisClientLike {
  readonly isReady: boolean
  readonly isOpen: boolean
  readonly options?: { readonly database?: number | undefined } | undefined
  connect(): Promise<unknown>
  sendCommand(args: string[], options?: object): Promise<unknown>
  subscribe(channels: string[], listener: Listener): Promise<void>
  unsubscribe(channels: string[], listener: Listener): Promise<void>
  duplicate(overrides?: Record<string, unknown>): RedisClientLike
  on(event: 'error', listener: (error: unknown) => void): unknown
  off(event: 'error', listener: (error: unknown) => void): unknown
  destroy(): void
}

/** So many channels are subscribed to or left by one command. */
const topicsAtOnce = 500

/** However the application's client gives what it reads. */
const asText = { typeMapping: {} }

/** What topics of a database end in. */
export const scopeOf = (database: number) => (database === 0 ? '' : `@${database}`)

/** One Redis: a connection for scripts and one for announcements. */
export class ClientLink implements Link {
  readonly command = 'PUBLISH'
  readonly scope: string
  readonly #client: RedisClientLike
  readonly #subscriber: RedisClientLike
  readonly #ownsClient: boolean
  readonly #deadlineMs: number
  readonly #listener: LinkListener
  readonly #onAnnouncement: Listener = (text, topic) => this.#listener.onAnnouncement(topic, text)
  readonly #onError = (error: unknown) => this.#listener.onTrouble(error)

  constructor(client: RedisClientLike, ownsClient: boolean, deadlineMs: number, listener: LinkListener) {
    this.#client = client
    this.scope = scopeOf(client.options?.database ?? 0)
    this.#subscriber = client.duplicate({ disableOfflineQueue: false })
    this.#ownsClient = ownsClient
    this.#deadlineMs = deadlineMs
    this.#listener = listener
  }

  get isReady(): boolean {
    return this.#client.isReady
  }

  async open(): Promise<void> {
    for (const client of [this.#client, this.#subscriber]) client.on('error', this.#onError)
    try {
      if (!this.#client.isOpen) await this.#client.connect()
      await this.#subscriber.connect()
    } catch (error) {
      await this.close()
      throw error
    }
  }

  async run({ sha, text }: Script, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    const rest = [String(keys.length), ...keys, ...args]
    try {
      return await withDeadline(this.#client.sendCommand(['EVALSHA', sha, ...rest], asText), this.#deadlineMs)
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error
      return withDeadline(this.#client.sendCommand(['EVAL', text, ...rest], asText), this.#deadlineMs)
    }
  }

  samples(): readonly number[] {
    return [0]
  }

  sampleOf(): number {
    return 0
  }

  async subscribe(topics: readonly string[]): Promise<void> {
    const portions: Promise<void>[] = []
    for (let at = 0; at < topics.length; at += topicsAtOnce)
      portions.push(this.#subscriber.subscribe(topics.slice(at, at + topicsAtOnce), this.#onAnnouncement))
    await withDeadline(Promise.all(portions), this.#deadlineMs)
  }

  unsubscribe(topics: readonly string[]): void {
    for (let at = 0; at < topics.length; at += topicsAtOnce)
      // A failed connection has no subscriptions either.
      this.#subscriber.unsubscribe(topics.slice(at, at + topicsAtOnce), this.#onAnnouncement).catch(() => {})
  }

  renew(): void {
    for (const client of this.#ownsClient ? [this.#client, this.#subscriber] : [this.#subscriber]) {
      // One that is not ready is being connected anew already.
      if (!client.isReady) continue
      client.destroy()
      client.connect().catch(this.#onError)
    }
  }

  async close(): Promise<void> {
    if (this.#subscriber.isOpen) this.#subscriber.destroy()
    if (this.#ownsClient && this.#client.isOpen) this.#client.destroy()
    if (!this.#ownsClient) this.#client.off('error', this.#onError)
  }
}
