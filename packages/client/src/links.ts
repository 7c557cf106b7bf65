import type { TransportName } from '@gamut/protocol'
import { type LinkLife, WatchedLink } from './link.js'
import type { Subscription } from './subscription.js'
import type {
  Frame,
  LinkEnd,
  LinkRequest,
  ReadingFrame,
  Refusal,
  Transport,
  Wish,
} from './transports/transport.js'

/** How often a channel may be read again on end before its link is as good as none. */
const maxRereads = 3

/** Channels that are to be read by one transport. */
export interface Group {
  readonly transport: TransportName
  readonly channels: readonly string[]
}

/** A link and what it is for. */
export interface Held {
  readonly transport: TransportName
  readonly channels: Set<string>
  /** Where it stands in each channel that has opened: what it was asked from, then where its last batch led. */
  readonly positions: Map<string, string>
  watched?: WatchedLink
  /** Others take its place, channel by channel, as they open. */
  isLeaving?: boolean
  /** How often channels were read again since it last brought something. */
  rereads: number
}

/** What links need of their client. */
export interface LinksParts extends Omit<LinkRequest, 'wishes'> {
  readonly transports: ReadonlyMap<TransportName, Transport>
  readonly subscriptions: ReadonlyMap<string, Subscription>
  /** Something came over a link. `isFirst`: it lives. */
  heard(held: Held, frame: Frame, isFirst: boolean): void
  /** A link has ended that nobody closed. */
  lost(held: Held, end: LinkEnd, life: LinkLife): void
  /** A link was closed. */
  left(held: Held): void
  /** One channel was refused by a link that goes on. */
  refused(channel: string, refusal: Refusal): void
}

/** Over HTTP what channels wish besides their positions is said once for all of a link. */
function fits(one: Wish, other: Wish): boolean {
  const isNew = !one.cursor && !other.cursor
  return one.maxRate === other.maxRate && one.gap === other.gap && (!isNew || one.last === other.last)
}

/** The links of a client: what is wanted on one side, what is open on the other. */
export class Links {
  readonly #parts: LinksParts
  readonly #all = new Set<Held>()

  constructor(parts: LinksParts) {
    this.#parts = parts
  }

  /** All links, those that leave too. */
  get size(): number {
    return this.#all.size
  }

  /** The links that are to stay. */
  get held(): readonly Held[] {
    return [...this.#all].filter(({ isLeaving }) => !isLeaving)
  }

  /** By which transport a channel is read now. */
  reading(channel: string): TransportName | undefined {
    return [...this.#all].find(({ positions }) => positions.has(channel))?.transport
  }

  /**
   * Makes the links those of the groups. What moves is open in its new place before it leaves the old one.
   * `mayOpen`: whether new ones may be opened now.
   */
  reconcile(groups: readonly Group[], mayOpen: boolean): void {
    const wanted = new Set(groups.map(({ transport }) => transport))
    // What was to leave stays if what it waited for has failed.
    for (const held of this.#all) held.isLeaving = !wanted.has(held.transport)
    for (const group of groups) this.#suit(group, mayOpen)
    for (const held of [...this.#all]) {
      if (!held.isLeaving) continue
      for (const channel of held.channels)
        if (!this.#parts.subscriptions.get(channel)?.isWanted || this.#isElsewhere(held, channel))
          held.channels.delete(channel)
      if (held.channels.size === 0) this.#close(held)
    }
  }

  close(): void {
    for (const held of [...this.#all]) this.#close(held)
  }

  #isElsewhere(held: Held, channel: string): boolean {
    return [...this.#all].some((other) => other !== held && other.positions.has(channel))
  }

  #close(held: Held): void {
    this.#all.delete(held)
    held.watched?.close()
    this.#parts.left(held)
  }

  #wish(channel: string): Wish {
    return this.#parts.subscriptions.get(channel)?.wish() ?? { cursor: '' }
  }

  /** Spreads the channels of a group over links: each stays where it is, and fills one up before another is opened. */
  #suit({ transport: name, channels }: Group, mayOpen: boolean): void {
    const transport = this.#parts.transports.get(name) as Transport
    const rest = new Set(channels)
    const changed = new Set<Held>()
    const all = this.held.filter((held) => held.transport === name)
    for (const held of all)
      for (const channel of held.channels)
        if (!rest.delete(channel)) {
          held.channels.delete(channel)
          held.positions.delete(channel)
          changed.add(held)
        }
    for (const channel of rest) {
      const wish = this.#wish(channel)
      const room = all.find(
        (held) =>
          held.channels.size < transport.maxChannels &&
          (name === 'websocket' || [...held.channels].every((other) => fits(wish, this.#wish(other)))),
      )
      if (!room && !mayOpen) continue
      const held = room ?? { transport: name, channels: new Set(), positions: new Map(), rereads: 0 }
      if (!room) all.push(held)
      held.channels.add(channel)
      changed.add(held)
    }
    for (const held of changed) {
      if (held.channels.size === 0) this.#close(held)
      else if (held.watched) held.watched.link.change()
      else this.#open(held, transport)
    }
  }

  #open(held: Held, transport: Transport): void {
    this.#all.add(held)
    const wishes = () => new Map([...held.channels].map((channel) => [channel, this.#wish(channel)]))
    held.watched = new WatchedLink(
      transport,
      { ...this.#parts, wishes },
      {
        frame: (frame, isFirst) => {
          this.#take(held, frame)
          if (this.#all.has(held)) this.#parts.heard(held, frame, isFirst)
        },
        ended: (end, life) => {
          this.#all.delete(held)
          this.#parts.lost(held, end, life)
        },
      },
    )
  }

  #take(held: Held, frame: Frame): void {
    const { channel = '', type } = frame as ReadingFrame
    const subscription = this.#parts.subscriptions.get(channel)
    if (!subscription || !held.channels.has(channel)) return
    if (type === 'open' && !held.isLeaving && !held.positions.has(channel)) this.#move(held, channel)
    if (frame.type === 'refused') {
      held.channels.delete(channel)
      this.#parts.refused(channel, frame)
    } else if (frame.type === 'error') subscription.warn(frame)
    else if (/^(open|batch|gap|end)$/.test(type)) {
      const position = subscription.take(held.positions.get(channel) ?? '', frame as ReadingFrame)
      if (position === undefined) this.#reread(held, channel)
      else if (held.channels.has(channel)) held.positions.set(channel, position)
      if (type === 'batch' && position) held.rereads = 0
      if (type === 'end') {
        held.channels.delete(channel)
        held.positions.delete(channel)
      }
    }
  }

  /** A channel has opened here, where it is to stay: nowhere else is it read any more. */
  #move(held: Held, channel: string): void {
    for (const other of [...this.#all]) {
      if (other === held || !other.channels.delete(channel)) continue
      other.positions.delete(channel)
      if (other.channels.size === 0) this.#close(other)
    }
  }

  #reread(held: Held, channel: string): void {
    held.positions.delete(channel)
    // A link that never leads on from where it was asked to is as good as none.
    if (++held.rereads > maxRereads) held.watched?.ended({ kind: 'garbage', what: 'sequence' })
    else held.watched?.link.change(channel)
  }
}
