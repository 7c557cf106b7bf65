import type { ChannelName } from '@gamut/protocol'
import type { Subscription } from './subscription.js'

/** The subscriptions of one connection by channel. Most have one, and ten thousand idle ones no map for it (I18). */
export class Subscriptions {
  #only: Subscription | undefined
  /** All of them, once there were two. */
  #all: Map<ChannelName, Subscription> | undefined

  get size(): number {
    return this.#all?.size ?? (this.#only ? 1 : 0)
  }

  has(channel: ChannelName): boolean {
    return this.get(channel) !== undefined
  }

  get(channel: ChannelName): Subscription | undefined {
    if (this.#all) return this.#all.get(channel)
    return this.#only?.options.channel === channel ? this.#only : undefined
  }

  /** Takes the place of another one of its channel. */
  add(subscription: Subscription): void {
    const { channel } = subscription.options
    if (this.#all) {
      this.#all.set(channel, subscription)
    } else if (this.#only && this.#only.options.channel !== channel) {
      this.#all = new Map([
        [this.#only.options.channel, this.#only],
        [channel, subscription],
      ])
      this.#only = undefined
    } else this.#only = subscription
  }

  /** Whether there was one of the channel. */
  delete(channel: ChannelName): boolean {
    if (this.#all) return this.#all.delete(channel)
    const had = this.has(channel)
    if (had) this.#only = undefined
    return had
  }

  clear(): void {
    this.#all = undefined
    this.#only = undefined
  }

  keys(): Iterable<ChannelName> {
    return this.#all?.keys() ?? (this.#only ? [this.#only.options.channel] : [])
  }

  values(): Iterable<Subscription> {
    return this.#all?.values() ?? (this.#only ? [this.#only] : [])
  }
}
