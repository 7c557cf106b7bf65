import type { ChannelName } from '@gamut/protocol'
import { type Broker, type BrokerListener, BrokerUnavailable, type LogSettings } from '@gamut/server'
import { textOf } from '../failure.js'
import { type Ask, type FromBroker, gather, type Line, type ToBroker } from './line.js'

/** A broker of this process that others use by a line each. */
export interface SharedBroker {
  /** Takes one more worker in. Returns how to let it go when it has ended. */
  join(line: Line<FromBroker, ToBroker>): () => void
}

interface Member {
  readonly say: (item: FromBroker) => void
  readonly watched: Set<ChannelName>
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
      for (const { say } of this.#watchers.get(batch.channel) ?? []) say({ batch })
    },
    onInterrupted: (interrupted) => this.#tellAll({ interrupted }),
    onRestored: () => this.#tellAll('restored'),
  }

  join(line: Line<FromBroker, ToBroker>): () => void {
    const member = { say: gather<FromBroker>((items) => line.send(items)), watched: new Set<ChannelName>() }
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
    for (const { say } of this.#members) say(item)
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
      member.watched.delete(channel)
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
