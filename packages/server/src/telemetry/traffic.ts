import type { ChannelName } from '@gamut/protocol'
import { type Census, ChannelTraffic, type HeldTransport, type Measurable } from './channel-traffic.js'

/** Channels that are measured; the one that was used longest ago goes first. */
const maxChannels = 10_000
/** Whether one was used is looked at in steps of this, in milliseconds. */
const usedMs = 10_000

/** What happens on channels: what live advice is computed from. */
export class Traffic {
  readonly #elapsed: () => number
  readonly #spanMs: number
  /** The one that was used longest ago in front. */
  readonly #channels = new Map<ChannelName, ChannelTraffic>()

  /** Rates are of the last one or two spans. */
  constructor(elapsed: () => number, spanMs = 600_000) {
    this.#elapsed = elapsed
    this.#spanMs = spanMs
  }

  /** How many channels are measured. */
  get size(): number {
    return this.#channels.size
  }

  /** What is known of a channel, as of now. */
  get(channel: ChannelName): ChannelTraffic | undefined {
    const known = this.#channels.get(channel)
    known?.settle(this.#elapsed())
    return known
  }

  /** All that are measured. */
  names(): Iterable<ChannelName> {
    return this.#channels.keys()
  }

  /** A channel on which something happens. */
  of(channel: ChannelName, now = this.#elapsed()): ChannelTraffic {
    let known = this.#channels.get(channel)
    if (known && now - known.usedAt < usedMs) return known
    if (known) this.#channels.delete(channel)
    else known = new ChannelTraffic(now, this.#spanMs)
    known.usedAt = now
    this.#channels.set(channel, known)
    if (this.#channels.size > maxChannels) {
      for (const oldest of this.#channels.keys()) {
        this.#channels.delete(oldest)
        break
      }
    }
    return known
  }

  /** A channel has new messages. Noting them twice, by their publish and by their announcement, is noting them once. */
  note(channel: ChannelName, offset: number, messages: readonly Measurable[]): void {
    const now = this.#elapsed()
    const known = this.of(channel, now)
    if (offset > known.offset) known.changed(offset, messages, now)
  }

  /** New messages go to all readers of a channel that are held. */
  deliver(channel: ChannelName, messages: number, census: Census): void {
    const known = this.of(channel)
    known.census = census
    known.delivered(messages)
  }

  /** A reader comes to be held by a transport, or leaves it; one that was told to come again has not left. */
  move(
    channel: ChannelName,
    census: Census,
    transport: HeldTransport,
    change: 1 | -1,
    comesBack = false,
  ): void {
    const now = this.#elapsed()
    const known = this.of(channel, now)
    known.census = census
    known.moves(now, change === 1 ? 'comes' : comesBack || transport === 'long-poll' ? 'pauses' : 'leaves')
    census[transport] += change
  }

  /** About how long it takes until the channel changes; `undefined` if that is not known. */
  intervalMs(channel: ChannelName): number | undefined {
    const known = this.#channels.get(channel)
    if (known?.changedAt === undefined) return undefined
    return Math.max(known.intervalMs, this.#elapsed() - known.changedAt)
  }
}
