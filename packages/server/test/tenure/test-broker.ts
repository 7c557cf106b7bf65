import type { ChannelName } from '@gamut/protocol'
import { type Broker, BrokerUnavailable, type Clock, createMemoryBroker } from '../../src/index.js'

/** A broker whose reads wait while they are held, that can be away, and can lose everything. */
export class TestBroker implements Broker {
  readonly #options: { readonly clock?: Clock }
  #inner: Broker
  #started: Parameters<Broker['start']> | undefined
  readonly #watched = new Set<ChannelName>()
  #release: (() => void) | undefined
  #held: Promise<void> | undefined
  #free = 0
  #isAway = false

  constructor(clock?: Clock) {
    this.#options = clock ? { clock } : {}
    this.#inner = createMemoryBroker(this.#options)
  }

  async start(...started: Parameters<Broker['start']>): Promise<void> {
    this.#started = started
    await this.#inner.start(...started)
  }

  async append(...append: Parameters<Broker['append']>) {
    this.#reach()
    return this.#inner.append(...append)
  }

  async read(...read: Parameters<Broker['read']>) {
    if (this.#free-- <= 0) await this.#held
    this.#reach()
    return this.#inner.read(...read)
  }

  async heads(channels: readonly ChannelName[]) {
    this.#reach()
    return this.#inner.heads(channels)
  }

  async watch(channels: readonly ChannelName[]): Promise<void> {
    this.#reach()
    for (const channel of channels) this.#watched.add(channel)
    await this.#inner.watch(channels)
  }

  unwatch(channels: readonly ChannelName[]): void {
    for (const channel of channels) this.#watched.delete(channel)
    this.#inner.unwatch(channels)
  }

  close(): Promise<void> {
    return this.#inner.close()
  }

  /** Reads wait from now on, or after so many more. */
  hold(after = 0): void {
    this.#free = after
    this.#held = new Promise((resolve) => {
      this.#release = resolve
    })
  }

  release(): void {
    this.#held = undefined
    this.#release?.()
  }

  leave(): void {
    this.#isAway = true
    this.#started?.[0].onInterrupted('a test')
  }

  comeBack(): void {
    this.#isAway = false
    this.#started?.[0].onRestored()
  }

  /** Another life of the store, with nothing in it. */
  async lose(): Promise<void> {
    this.#inner = createMemoryBroker(this.#options)
    if (this.#started) await this.#inner.start(...this.#started)
    await this.#inner.watch([...this.#watched])
    this.#started?.[0].onRestored()
  }

  #reach(): void {
    if (this.#isAway) throw new BrokerUnavailable('away')
  }
}
