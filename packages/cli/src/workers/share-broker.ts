import type { ChannelName } from '@gamut/protocol'
import {
  type Broker,
  type BrokerListener,
  BrokerUnavailable,
  type LogSettings,
  type StoredBatch,
} from '@gamut/server'
import { textOf } from '../failure.js'
import { type Ask, type FromBroker, gather, type Line, type ToBroker } from './line.js'

/** A broker of this process that others use by a line each. */
export interface SharedBroker {
  /** Takes one more worker in. Returns how to let it go when it has ended. */
  join(line: Line<ToBroker>): () => void
}

/** So much may wait for a worker that does not take it: a frozen one must not fill this process. */
const mostBehind = 16 * 1024 * 1024

const encode = (item: FromBroker) => JSON.stringify(item)

/** One worker. To one that is behind, only the heads of its channels are told once it takes again: it reads the rest. */
class Member {
  readonly watched = new Set<ChannelName>()
  readonly #say: (text: string) => void
  readonly #missed = new Map<ChannelName, StoredBatch>()
  #behind = 0

  constructor(line: Line<ToBroker>) {
    this.#say = gather<string>((texts) => {
      const length = texts.reduce((sum, text) => sum + text.length, 0)
      line.send(texts, () => this.#taken(length))
    })
  }

  say(item: FromBroker): void {
    this.#sayText(encode(item))
  }

  /** `text` is the batch as all workers are told of it. */
  announce(batch: StoredBatch, text: string): void {
    if (this.#behind <= mostBehind) this.#sayText(text)
    else this.#missed.set(batch.channel, { ...batch, after: batch.cursor, messages: [] })
  }

  unwatch(channel: ChannelName): void {
    this.watched.delete(channel)
    this.#missed.delete(channel)
  }

  #sayText(text: string): void {
    this.#behind += text.length
    this.#say(text)
  }

  #taken(length: number): void {
    this.#behind -= length
    if (this.#behind > mostBehind) return
    const missed = [...this.#missed.values()]
    this.#missed.clear()
    for (const batch of missed) this.say({ batch })
  }
}

class BrokerShare implements SharedBroker {
  readonly #broker: Broker
  readonly #members = new Set<Member>()
  readonly #watchers = new Map<ChannelName, Set<Member>>()

  constructor(broker: Broker) {
    this.#broker = broker
  }

  readonly listener: BrokerListener = {
    onBatch: (batch) => {
      const watchers = this.#watchers.get(batch.channel)
      if (!watchers) return
      const text = encode({ batch })
      for (const member of watchers) member.announce(batch, text)
    },
    onInterrupted: (interrupted) => this.#tellAll({ interrupted }),
    onRestored: () => this.#tellAll('restored'),
  }

  join(line: Line<ToBroker>): () => void {
    const member = new Member(line)
    this.#members.add(member)
    const leave = () => {
      this.#members.delete(member)
      this.#unwatch(member, [...member.watched])
    }
    line.receive((items) => {
      for (const item of items) {
        if (item === 'close') leave()
        else if ('unwatch' in item) this.#unwatch(member, item.unwatch)
        else void this.#answer(member, item.id, item.ask)
      }
    })
    return leave
  }

  #tellAll(item: FromBroker): void {
    for (const member of this.#members) member.say(item)
  }

  async #answer(member: Member, id: number, ask: Ask): Promise<void> {
    try {
      member.say({ id, answer: await this.#do(member, ask) })
    } catch (error) {
      member.say({ id, error: textOf(error), isUnavailable: error instanceof BrokerUnavailable })
    }
  }

  /** Begins it before anything else is done, so that what one worker asks is begun in its order. */
  async #do(member: Member, ask: Ask): Promise<unknown> {
    switch (ask[0]) {
      case 'append':
        return this.#broker.append(ask[1], ask[2], ask[3])
      case 'read':
        return this.#broker.read(ask[1], ask[2], ask[3])
      case 'heads':
        return [...(await this.#broker.heads(ask[1]))]
      case 'watch':
        this.#note(member, ask[1])
        return this.#broker.watch(ask[1])
    }
  }

  #note(member: Member, channels: readonly ChannelName[]): void {
    for (const channel of channels) {
      const watchers = this.#watchers.get(channel) ?? new Set()
      this.#watchers.set(channel, watchers.add(member))
      member.watched.add(channel)
    }
  }

  #unwatch(member: Member, channels: readonly ChannelName[]): void {
    const left = channels.filter((channel) => {
      member.unwatch(channel)
      const watchers = this.#watchers.get(channel)
      return watchers?.delete(member) && watchers.size === 0 && this.#watchers.delete(channel)
    })
    if (left.length > 0) this.#broker.unwatch(left)
  }
}

/** Starts a broker that the workers of this process share. */
export async function shareBroker(
  broker: Broker,
  settings: (channel: ChannelName) => LogSettings,
): Promise<SharedBroker> {
  const share = new BrokerShare(broker)
  await broker.start(share.listener, settings)
  return share
}
