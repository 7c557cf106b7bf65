import { setTimeout as delay } from 'node:timers/promises'
import { withDeadline } from './deadline.js'
import { buckets, type Keys } from './keys.js'
import type { Link, LinkListener } from './link.js'
import type { Script } from './scripts/script.js'
import { slotOf } from './slot.js'
import { isRefusal, isReply } from './trouble.js'

type Listener = (message: string, topic: string) => void

/** What is used of a cluster client of `@redis/client`. */
export interface RedisClusterLike {
  readonly isOpen: boolean
  readonly slots: readonly { readonly master: object }[]
  connect(): Promise<unknown>
  sendCommand(
    firstKey: string | undefined,
    isReadonly: boolean,
    args: string[],
    options?: object,
  ): Promise<unknown>
  subscribe(channels: string[], listener: Listener): Promise<void>
  /** Its listener's type is one that nothing but itself is assignable to. */
  unsubscribe(channels: never, listener: never): Promise<void>
  sSubscribe(channels: string[], listener: Listener): Promise<void>
  sUnsubscribe(channels: string[], listener: Listener): Promise<void>
  on(event: 'error', listener: (error: unknown) => void): unknown
  off(event: 'error', listener: (error: unknown) => void): unknown
  destroy(): void
}

/** The first version that publishes within one shard; before it, each announcement goes to all of them. */
const shardedSince = 7
const betweenTriesMs = 500

/** However the application's client gives what it reads. */
const asText = { typeMapping: {} }

/** A Redis Cluster. All keys of a channel, and where it is announced, are in the slot of its bucket. */
export class ClusterLink implements Link {
  /** A Cluster has one database. */
  readonly scope = ''
  readonly #cluster: RedisClusterLike
  readonly #ownsCluster: boolean
  readonly #deadlineMs: number
  readonly #keys: Keys
  readonly #slots: readonly number[]
  readonly #listener: LinkListener
  #isSharded = true
  #isClosed = false
  readonly #onAnnouncement: Listener = (text, topic) => this.#listener.onAnnouncement(topic, text)
  readonly #onError = (error: unknown) => {
    this.#refusal = isRefusal(error) ? error : undefined
    this.#listener.onTrouble(error)
  }
  /** What a node of the Cluster has refused this one with: the client itself says only that it has found none. */
  #refusal: unknown

  constructor(
    cluster: RedisClusterLike,
    ownsCluster: boolean,
    deadlineMs: number,
    keys: Keys,
    listener: LinkListener,
  ) {
    this.#cluster = cluster
    this.#ownsCluster = ownsCluster
    this.#deadlineMs = deadlineMs
    this.#keys = keys
    this.#slots = Array.from({ length: buckets }, (_, bucket) => slotOf(String(bucket)))
    this.#listener = listener
  }

  get command(): 'PUBLISH' | 'SPUBLISH' {
    return this.#isSharded ? 'SPUBLISH' : 'PUBLISH'
  }

  get isReady(): boolean {
    return this.#cluster.isOpen
  }

  /** Waits for a Cluster that is not there yet, as the client of one Redis does by itself. */
  async open(): Promise<void> {
    this.#cluster.on('error', this.#onError)
    while (!this.#isClosed) {
      try {
        await this.#connect()
        return
      } catch (error) {
        const refusal = this.#refusal ?? (isReply(error) ? error : undefined)
        if (refusal !== undefined) {
          await this.close()
          throw refusal
        }
        this.#listener.onTrouble(error)
        await delay(betweenTriesMs)
      }
    }
    throw new Error('closed before it was connected')
  }

  async run({ sha, text }: Script, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    const rest = [String(keys.length), ...keys, ...args]
    const send = (command: string, script: string) =>
      withDeadline(
        this.#cluster.sendCommand(keys[0], false, [command, script, ...rest], asText),
        this.#deadlineMs,
      )
    try {
      return await send('EVALSHA', sha)
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error
      return send('EVAL', text)
    }
  }

  samples(): readonly number[] {
    return [...this.#firstOfMasters().values()]
  }

  sampleOf(bucket: number): number {
    const master = this.#masterOf(bucket)
    return (master && this.#firstOfMasters().get(master)) ?? bucket
  }

  async subscribe(topics: readonly string[]): Promise<void> {
    const { sSubscribe, subscribe } = this.#cluster
    const portions = this.#isSharded
      ? this.#bySlot(topics).map((some) => sSubscribe.call(this.#cluster, some, this.#onAnnouncement))
      : [subscribe.call(this.#cluster, [...topics], this.#onAnnouncement)]
    await withDeadline(Promise.all(portions), this.#deadlineMs)
  }

  unsubscribe(topics: readonly string[]): void {
    const { sUnsubscribe, unsubscribe } = this.#cluster
    const portions = this.#isSharded
      ? this.#bySlot(topics).map((some) => sUnsubscribe.call(this.#cluster, some, this.#onAnnouncement))
      : [unsubscribe.call(this.#cluster, [...topics] as never, this.#onAnnouncement as never)]
    // A failed connection has no subscriptions either.
    for (const portion of portions) portion.catch(() => {})
  }

  /** A node of a Cluster that is no master any more says where its master is. */
  renew(): void {}

  async close(): Promise<void> {
    this.#isClosed = true
    if (this.#ownsCluster && this.#cluster.isOpen) this.#cluster.destroy()
    if (!this.#ownsCluster) this.#cluster.off('error', this.#onError)
  }

  async #connect(): Promise<void> {
    if (!this.#cluster.isOpen) await this.#cluster.connect()
    const info = String(await this.#cluster.sendCommand(undefined, true, ['INFO', 'server']))
    const version = /redis_version:(\d+)/.exec(info)?.[1]
    this.#isSharded = Number(version ?? shardedSince) >= shardedSince
  }

  #masterOf(bucket: number): object | undefined {
    return this.#cluster.slots[this.#slots[bucket] ?? 0]?.master
  }

  #firstOfMasters(): ReadonlyMap<object, number> {
    const first = new Map<object, number>()
    for (const bucket of this.#slots.keys()) {
      const master = this.#masterOf(bucket)
      if (master && !first.has(master)) first.set(master, bucket)
    }
    return first
  }

  /** One command names topics of one slot only. */
  #bySlot(topics: readonly string[]): string[][] {
    const portions = new Map<number, string[]>()
    for (const topic of topics) {
      const bucket = this.#keys.bucketOfTopic(topic)
      portions.set(bucket, [...(portions.get(bucket) ?? []), topic])
    }
    return [...portions.values()]
  }
}
