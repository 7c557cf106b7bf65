import { type Broker, type Clock, createGamut, type Gamut, type GamutOptions } from '@gamut/server'
import { createSharedBroker, type SharedBroker } from './shared-broker.js'

/** What a node dies and comes back with. */
export interface RestartOptions {
  /** The store has lost everything: whoever comes back is told of a gap. Default: the store outlives the node. */
  readonly isEmpty?: boolean
}

/** The node that pages talk to, and the application's own backend beside it, over one store. */
export class Nodes<Schemas> {
  readonly #options: GamutOptions<Schemas>
  readonly #clock: Clock
  #store: SharedBroker
  #lives = 0
  #node: Gamut<Schemas> | undefined
  #backend: Gamut<Schemas>
  #log: Broker

  constructor(options: GamutOptions<Schemas>, clock: Clock) {
    this.#options = options
    this.#clock = clock
    this.#store = this.#newStore()
    this.#log = this.#store.join()
    this.#backend = this.#create('backend', this.#log)
    this.#node = this.#create('node', this.#store.join())
  }

  /** The node that runs now. */
  get node(): Gamut<Schemas> | undefined {
    return this.#node
  }

  /** What outlives every node. */
  get backend(): Gamut<Schemas> {
    return this.#backend
  }

  /** The logs themselves. */
  get log(): Broker {
    return this.#log
  }

  /** Nobody is there any more. Whoever cuts its connections does so before. */
  async kill(): Promise<void> {
    const node = this.#node
    this.#node = undefined
    await node?.stop()
  }

  async restart({ isEmpty = false }: RestartOptions = {}): Promise<void> {
    const before = [this.#node, ...(isEmpty ? [this.#backend] : [])]
    if (isEmpty) {
      this.#store = this.#newStore()
      this.#log = this.#store.join()
      this.#backend = this.#create('backend', this.#log)
    }
    this.#node = this.#create('node', this.#store.join())
    await Promise.all(before.map((gamut) => gamut?.stop()))
  }

  async close(): Promise<void> {
    await Promise.all([this.kill(), this.#backend.stop()])
  }

  #newStore(): SharedBroker {
    this.#lives += 1
    return createSharedBroker(this.#clock, `test${this.#lives}`)
  }

  #create(node: string, broker: Broker): Gamut<Schemas> {
    return createGamut<Schemas>({ ...this.#options, node, broker })
  }
}
