import type { TransportName } from '@gamut/protocol'
import { GamutError } from './error.js'
import { type LinkLife, type LinkPlan, type WatchedLink, watchLink } from './link.js'
import type { Subscription } from './subscription.js'
import type { ReadingEvent } from './subscription-state.js'
import type { Frame, LinkEnd, Refusal, Transport, Wish } from './transports/transport.js'

/** How often a channel may be read again on end before its link is as good as none. */
const maxRereads = 3

/** Channels that are to share one link. */
export interface Group {
  readonly transport: TransportName
  readonly channels: readonly string[]
}

/** One channel's place on a link. */
interface Lane {
  readonly subscription: Subscription
  /** Where the link stands: what it was asked from, then where its last batch led. */
  position: string
  isOpen: boolean
  /** How often it was read again since it last brought something. */
  rereads: number
}

/** A link and what it brings. */
export interface Held {
  readonly transport: TransportName
  readonly lanes: Map<string, Lane>
  readonly watched: WatchedLink
  /** Another link takes its place, channel by channel, as that one opens. */
  isLeaving: boolean
}

/** What links need of their client. */
export interface LinksParts extends Pick<LinkPlan, 'url' | 'credentials' | 'environment' | 'firstEventMs'> {
  readonly transports: ReadonlyMap<TransportName, Transport>
  getToken(): Promise<string | undefined>
  /** The channels that are wanted now, and how. */
  plan(open: readonly Group[]): readonly Group[]
  subscription(channel: string): Subscription
  /** Something came over a link. */
  heard(held: Held, frame: Frame): void
  /** A link has ended that nobody closed. */
  lost(held: Held, end: LinkEnd, life: LinkLife): void
  /** Whether links may be opened now: not while waiting, and not offline. */
  mayOpen(): boolean
}

/** An error for the application. */
export function toError({ code, message, status }: Refusal): GamutError {
  return new GamutError(code || 'garbage', message, status)
}

/** Over HTTP what channels wish besides their cursors is said once for all of a link. */
function styleOf({ cursor, last, ...style }: Wish): string {
  return JSON.stringify({ ...style, last: cursor ? undefined : last })
}

/** From where a lane is to be read on: nothing that came before counts for it. */
function renew(lane: Lane): Wish {
  lane.position = lane.subscription.cursor
  lane.isOpen = false
  return lane.subscription.wish()
}

function wishesOf(lanes: ReadonlyMap<string, Lane>): Map<string, Wish> {
  return new Map([...lanes].map(([channel, lane]) => [channel, renew(lane)]))
}

/** The links that a client's channels need: desired state on one side, what is open on the other. */
export class Links {
  readonly #parts: LinksParts
  readonly #all = new Set<Held>()

  constructor(parts: LinksParts) {
    this.#parts = parts
  }

  /** The links that are to stay. */
  get held(): readonly Held[] {
    return [...this.#all].filter(({ isLeaving }) => !isLeaving)
  }

  /** Makes the links those of the plan. What moves is open in its new place before it is closed in the old one. */
  reconcile(): void {
    const groups = this.#parts
      .plan(this.held.map(({ transport, lanes }) => ({ transport, channels: [...lanes.keys()] })))
      .flatMap((group) => this.#split(group))
    const free = new Set(this.held)
    for (const group of groups) {
      const held = this.#match(group, free)
      if (held) {
        free.delete(held)
        this.#suit(held, group.channels)
      } else if (this.#parts.mayOpen()) this.#open(group)
    }
    for (const held of free) held.isLeaving = true
    for (const held of [...this.#all]) if (held.isLeaving) this.#leave(held)
  }

  /** Opens a link anew, and closes it channel by channel as the new one opens. */
  replace(held: Held, channels: readonly string[] = [...held.lanes.keys()]): Held | undefined {
    if (!this.#all.has(held)) return undefined
    held.isLeaving = true
    return this.#open({ transport: held.transport, channels })
  }

  close(): void {
    for (const held of [...this.#all]) this.#close(held)
  }

  #close(held: Held): void {
    this.#all.delete(held)
    held.watched.close()
  }

  #drop(held: Held, channels: readonly string[]): void {
    for (const channel of channels) held.lanes.delete(channel)
    if (held.lanes.size === 0) this.#close(held)
    else if (channels.length > 0) held.watched.link?.change?.(new Map(), channels)
  }

  /** Lets go of what nobody wants any more, and of what has opened elsewhere. */
  #leave(held: Held): void {
    const isElsewhere = (channel: string) =>
      [...this.#all].some((other) => other !== held && other.lanes.get(channel)?.isOpen)
    const gone = [...held.lanes].filter(
      ([channel, { subscription }]) => !subscription.isWanted || isElsewhere(channel),
    )
    this.#drop(
      held,
      gone.map(([channel]) => channel),
    )
  }

  #lane(channel: string): [string, Lane] {
    const subscription = this.#parts.subscription(channel)
    return [channel, { subscription, position: subscription.cursor, isOpen: false, rereads: 0 }]
  }

  #open({ transport, channels }: Group): Held {
    const { transports } = this.#parts
    const lanes = new Map(channels.map((channel) => this.#lane(channel)))
    const watched = watchLink(
      { ...this.#parts, transport: transports.get(transport) as Transport, wishes: () => wishesOf(lanes) },
      {
        frame: (frame) => this.#take(held, frame),
        ended: (end, life) => {
          this.#all.delete(held)
          if (end.kind === 'done')
            for (const { subscription } of lanes.values()) subscription.finish('closed')
          this.#parts.lost(held, end, life)
        },
      },
    )
    const held: Held = { transport, lanes, watched, isLeaving: false }
    this.#all.add(held)
    return held
  }

  #take(held: Held, frame: Frame): void {
    const lane = 'channel' in frame ? held.lanes.get(frame.channel) : undefined
    if (lane) {
      const { subscription } = lane
      if (frame.type === 'refused') {
        held.lanes.delete(frame.channel)
        if (frame.isFinal) subscription.finish(toError(frame))
      } else if (frame.type === 'error') subscription.warn(new GamutError(frame.code, frame.message))
      else this.#takeOfLane(held, lane, frame as ReadingEvent)
    }
    this.#parts.heard(held, frame)
  }

  #takeOfLane(held: Held, lane: Lane, event: ReadingEvent): void {
    const { subscription } = lane
    const { channel } = event
    if (event.type === 'end') {
      held.lanes.delete(channel)
      // Whose time is over, or who was too slow, comes back at the same place.
      if (event.reason === 'closed' || event.reason === 'revoked') subscription.finish(event.reason)
      return
    }
    if (event.type === 'open' && !lane.isOpen) {
      lane.isOpen = true
      for (const other of [...this.#all])
        if (other !== held && other.lanes.has(channel)) this.#drop(other, [channel])
    }
    const position = subscription.take(lane.position, event)
    if (position === undefined) {
      this.#reread(held, channel, lane)
    } else {
      lane.position = position
      if (event.type === 'batch') lane.rereads = 0
    }
  }

  #reread(held: Held, channel: string, lane: Lane): void {
    const { link } = held.watched
    if (++lane.rereads > maxRereads) {
      this.#drop(held, [channel])
      lane.subscription.warn(new GamutError('garbage', 'out of sequence'))
    } else if (link?.change) {
      link.change(new Map([[channel, renew(lane)]]), [channel])
    } else {
      const next = this.replace(held)?.lanes.get(channel)
      if (next) next.rereads = lane.rereads
      this.#drop(held, [channel])
    }
  }

  /** Makes a link bring these channels: by itself if it can, else by another one in its place. */
  #suit(held: Held, channels: readonly string[]): void {
    const { lanes, watched } = held
    const added = channels.filter((channel) => !lanes.has(channel))
    const removed = [...lanes.keys()].filter((channel) => !channels.includes(channel))
    if (added.length + removed.length === 0) return
    if (watched.link && !watched.link.change) {
      if (this.#parts.mayOpen()) this.replace(held, channels)
      return
    }
    const fresh = new Map(added.map((channel) => this.#lane(channel)))
    for (const [channel, lane] of fresh) lanes.set(channel, lane)
    for (const channel of removed) lanes.delete(channel)
    watched.link?.change?.(wishesOf(fresh), removed)
  }

  /** The parts of a group that fit one link of its transport each. */
  #split({ transport, channels }: Group): Group[] {
    const { transports, subscription } = this.#parts
    const { maxChannels = 1, name } = transports.get(transport) ?? {}
    const groups = new Map<string, string[][]>()
    for (const channel of channels) {
      const style = name === 'websocket' ? '' : styleOf(subscription(channel).wish())
      const some = groups.get(style) ?? [[]]
      if ((some.at(-1)?.length ?? 0) >= maxChannels) some.push([])
      some.at(-1)?.push(channel)
      groups.set(style, some)
    }
    return [...groups.values()].flat().map((some) => ({ transport, channels: some }))
  }

  /** The link that has most of a group already; of those that change by themselves any will do. */
  #match(group: Group, free: ReadonlySet<Held>): Held | undefined {
    let best: Held | undefined
    let most = 0
    for (const held of free) {
      if (held.transport !== group.transport) continue
      const { link } = held.watched
      const shared = group.channels.filter((channel) => held.lanes.has(channel)).length
      const worth = shared + (link && !link.change ? 0 : 0.5)
      if (worth > most) [best, most] = [held, worth]
    }
    return best
  }
}
