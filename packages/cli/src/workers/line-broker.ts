import type { ChannelName } from '@gamut/protocol'
import {
  type AppendResult,
  type Broker,
  type BrokerListener,
  BrokerUnavailable,
  type Head,
  type ReadResult,
} from '@gamut/server'
import { type Ask, type FromBroker, gather, type Line, type ToBroker } from './line.js'

interface Waiting {
  resolve(answer: unknown): void
  reject(error: Error): void
}

type Heads = ReadonlyMap<ChannelName, Head>

/** Heads that are asked for when this turn ends. */
interface Seeking {
  readonly names: Set<ChannelName>
  readonly asked: ChannelName[]
  readonly heads: Promise<Heads>
}

function notStarted(): BrokerUnavailable {
  return new BrokerUnavailable('The broker is not started, or closed.')
}

class LineBroker implements Broker {
  readonly #line: Line<FromBroker>
  readonly #say: (item: ToBroker) => void
  readonly #waiting = new Map<number, Waiting>()
  #listener: BrokerListener | undefined
  #seeking: Seeking | undefined
  #asked = 0

  constructor(line: Line<FromBroker>) {
    this.#line = line
    this.#say = gather<ToBroker>((items) => {
      this.#seeking = undefined
      line.send(items.map((item) => JSON.stringify(item)))
    })
  }

  async start(listener: BrokerListener): Promise<void> {
    this.#listener = listener
    this.#line.receive((items) => {
      for (const item of items) this.#take(item)
    })
  }

  append(...given: Parameters<Broker['append']>): Promise<AppendResult> {
    return this.#ask(['append', ...given]) as Promise<AppendResult>
  }

  read(...given: Parameters<Broker['read']>): Promise<ReadResult> {
    return this.#ask(['read', ...given]) as Promise<ReadResult>
  }

  /** May tell of more channels: what many look for in one turn is asked once. */
  async heads(channels: readonly ChannelName[]): Promise<Heads> {
    if (!this.#listener) throw notStarted()
    this.#seeking ??= this.#seek()
    const { names, asked, heads } = this.#seeking
    for (const name of channels) {
      if (names.has(name)) continue
      names.add(name)
      asked.push(name)
    }
    return heads
  }

  async watch(channels: readonly ChannelName[]): Promise<void> {
    await this.#ask(['watch', channels])
  }

  unwatch(channels: readonly ChannelName[]): void {
    this.#say({ unwatch: channels })
  }

  async close(): Promise<void> {
    this.#listener = undefined
    this.#say('close')
    for (const { reject } of this.#waiting.values()) reject(new Error('This worker has ended.'))
    this.#waiting.clear()
  }

  #seek(): Seeking {
    const asked: ChannelName[] = []
    const heads = this.#ask(['heads', asked]).then((answer) => new Map(answer as [ChannelName, Head][]))
    return { names: new Set(), asked, heads }
  }

  #ask(ask: Ask): Promise<unknown> {
    if (!this.#listener) return Promise.reject(notStarted())
    const id = ++this.#asked
    this.#say({ id, ask })
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }))
  }

  #take(item: FromBroker): void {
    if (item === 'restored') this.#listener?.onRestored()
    else if ('batch' in item) this.#listener?.onBatch(item.batch)
    else if ('interrupted' in item) this.#listener?.onInterrupted(item.interrupted)
    else {
      const waiting = this.#waiting.get(item.id)
      this.#waiting.delete(item.id)
      // An answer of nothing is no field in JSON.
      if (!('error' in item)) waiting?.resolve(item.answer)
      else waiting?.reject(item.isUnavailable ? new BrokerUnavailable(item.error) : new Error(item.error))
    }
  }
}

/** A broker that is in the process above this one: a worker asks it by a line. */
export function createLineBroker(line: Line<FromBroker>): Broker {
  return new LineBroker(line)
}
