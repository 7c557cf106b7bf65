import type { TransportName } from '@gamut/protocol'
import { Extremes } from './extremes.js'
import { Pollers } from './pollers.js'
import { Senders } from './senders.js'

/** How much the newest interval counts in the mean. */
const weight = 0.2
/** Time is counted in steps of this, in milliseconds. */
const stepMs = 1000
/** Senders are counted anew after so long, in milliseconds. */
const sendersMs = 3_600_000
/** How long readers stay is the mean of the last that left, of so many at most. */
const mostLeft = 1000

/** Transports that hold a reader. */
export type HeldTransport = Exclude<TransportName, 'poll'>

/** How many readers a channel holds now on this node, by transport. */
export type Census = Record<HeldTransport, number>

/** A census of nobody. */
export function createCensus(): Census {
  return { 'long-poll': 0, sse: 0, ndjson: 0, websocket: 0 }
}

/** By which way somebody publishes; nothing for the application itself. */
export type Via = 'request' | 'websocket'

/** A message, as far as it is measured. */
export interface Measurable {
  readonly data?: string
}

/** What a poll was answered. */
export type PollAnswer = 'unchanged' | 'empty' | 'news'

/** What is counted in a span of time. */
const nothing = {
  /** Time itself, in milliseconds: what is counted, divided by it, is a rate. */
  ms: 0,
  updates: 0,
  bytes: 0,
  requests: 0,
  frames: 0,
  deliveries: 0,
  socketDeliveries: 0,
  delayMs: 0,
  delays: 0,
  polls: 0,
  emptyPolls: 0,
  unchangedPolls: 0,
  polled: 0,
  /** Readers times time, by transport. */
  'long-poll': 0,
  sse: 0,
  ndjson: 0,
  websocket: 0,
}

type Counts = typeof nothing
const names = Object.keys(nothing) as (keyof Counts)[]
const transports = Object.keys(createCensus()) as HeldTransport[]

/**
 * What one channel's traffic is, in constant memory: counts of this span of time and of the one before, added to where
 * something happens anyway. Divided by their time they are rates of lately.
 */
export class ChannelTraffic {
  readonly since: number
  usedAt: number
  /** Of the newest message that is known. */
  offset = -1
  /** By `elapsed`; nothing before a first change. */
  changedAt: number | undefined
  /** Mean time between changes, in milliseconds; 0 before there are two. */
  intervalMs = 0
  /** All that ever happened: how much is known. */
  events = 0
  /** Of this span so far. */
  counts: Counts = { ...nothing }
  #before: Readonly<Counts> = nothing
  /** Time of streams and sockets, in milliseconds, and how many left: what one stays, on the mean. Long-polls come and go all the time. */
  heldMs = 0
  left = 0
  /** Time between two changes, in milliseconds. */
  readonly gaps: Extremes
  /** Messages in one second. */
  readonly bursts: Extremes
  readonly senders = new Senders()
  census: Census | undefined
  /** Of a channel that was polled. */
  pollers: Pollers | undefined
  readonly #spanMs: number
  #beganAt: number
  #settledAt: number
  #sendersAt: number
  #second = 0
  #inSecond = 0

  constructor(now: number, spanMs: number) {
    this.since = now
    this.usedAt = now
    this.gaps = new Extremes(now)
    this.bursts = new Extremes(now)
    this.#spanMs = spanMs
    this.#beganAt = now
    this.#settledAt = now
    this.#sendersAt = now
  }

  /** What was counted in the last span and in this one so far. */
  get sums(): Readonly<Counts> {
    const sums = { ...this.counts }
    for (const name of names) sums[name] += this.#before[name]
    return sums
  }

  /** Counts the readers of the time since, and lets go of what is too old. */
  settle(now: number, leastMs = stepMs): void {
    const ms = now - this.#settledAt
    if (ms < leastMs || ms <= 0) return
    const { census } = this
    if (census) this.heldMs += (census.sse + census.ndjson + census.websocket) * ms
    const spans = Math.floor((now - this.#beganAt) / this.#spanMs)
    if (spans > 2) {
      // All that was counted is older than two spans.
      this.#turn()
      this.#turn()
      this.#beganAt += (spans - 2) * this.#spanMs
      this.#settledAt = this.#beganAt
    }
    for (let end = this.#beganAt + this.#spanMs; end <= now; end += this.#spanMs) {
      this.#pass(end)
      this.#turn()
      this.#beganAt = end
    }
    this.#pass(now)
    this.gaps.pass(now)
    this.bursts.pass(now)
    if (now - this.#sendersAt < sendersMs) return
    this.#sendersAt = now
    this.senders.clear()
  }

  #pass(to: number): void {
    const { counts, census } = this
    const ms = to - this.#settledAt
    this.#settledAt = to
    counts.ms += ms
    if (census) for (const name of transports) counts[name] += census[name] * ms
  }

  /** A new span begins. */
  #turn(): void {
    this.#before = this.counts
    this.counts = { ...nothing }
    this.pollers?.fade()
  }

  /** The channel has new messages up to this offset. */
  changed(offset: number, messages: readonly Measurable[], now: number): void {
    this.settle(now)
    if (this.changedAt !== undefined) {
      const interval = now - this.changedAt
      this.intervalMs = this.intervalMs ? this.intervalMs * (1 - weight) + interval * weight : interval
      // What comes within one poll of most readers is one change to them.
      if (interval >= (this.pollers?.intervalMs ?? 0)) this.gaps.add(interval)
    }
    this.offset = offset
    this.changedAt = now
    const { counts } = this
    counts.updates += messages.length
    this.events += messages.length
    for (const { data } of messages) counts.bytes += data?.length ?? 0
    const second = Math.floor(now / 1000)
    this.#inSecond = second === this.#second ? this.#inSecond + messages.length : messages.length
    this.#second = second
    this.bursts.add(this.#inSecond)
  }

  /** A poll shows messages up to this offset; how old those before the first poll are is not known. */
  seen(offset: number, messages: readonly Measurable[], now: number): void {
    if (this.offset === -1) this.offset = offset
    else this.changed(offset, messages.slice(this.offset - offset), now)
  }

  /** A client has published so many, by whom this is the hash. */
  sent(via: Via, messages: number, sender: number): void {
    if (via === 'websocket') this.counts.frames += messages
    else this.counts.requests += messages
    this.senders.add(sender)
  }

  /** So many messages go to all that are held. */
  delivered(messages: number): void {
    const { census, counts } = this
    if (!census) return
    counts.deliveries += messages * (census.websocket + census.sse + census.ndjson + census['long-poll'])
    counts.socketDeliveries += messages * census.websocket
  }

  /** The last of them was written so long after the node knew the messages. */
  delayed(ms: number): void {
    this.counts.delays++
    this.counts.delayMs += ms
  }

  /** Somebody, by hash, polled and got so many messages. */
  polled(poller: number, answer: PollAnswer, messages: number, now: number): void {
    this.settle(now)
    const { counts } = this
    this.events++
    counts.polls++
    counts.polled += messages
    if (answer !== 'news') counts.emptyPolls++
    if (answer === 'unchanged') counts.unchangedPolls++
    this.pollers ??= new Pollers()
    this.pollers.polled(poller, now)
  }

  /** Somebody comes to be held, leaves, or leaves only to come again; the census is changed after this. */
  moves(now: number, how: 'comes' | 'leaves' | 'pauses'): void {
    this.settle(now, 0)
    if (how === 'comes') this.events++
    if (how !== 'leaves' || ++this.left < mostLeft) return
    // What was long ago counts half as much as what is now.
    this.left /= 2
    this.heldMs /= 2
  }
}
