import type { TransportName } from '@gamut/protocol'
import { Extremes } from './extremes.js'
import { Pollers } from './pollers.js'
import { Senders } from './senders.js'

/** How much the newest interval counts in the mean. */
const weight = 0.2
/** What was counted ages in steps of this, in milliseconds. */
const stepMs = 1000
/** Senders are counted anew after so long, in milliseconds. */
const sendersMs = 3_600_000

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

/** What is counted; all of it ages alike. */
const counted = {
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
  pollIntervals: 0,
  pollIntervalMs: 0,
  /** Readers times time, by transport. */
  'long-poll': 0,
  sse: 0,
  ndjson: 0,
  websocket: 0,
}

type Counts = typeof counted
const names = Object.keys(counted) as (keyof Counts)[]
const transports = Object.keys(createCensus()) as HeldTransport[]

/**
 * What one channel's traffic is, in constant memory: counts that are added to where something happens anyway, and that
 * forget, so that each divided by their time is a rate of lately.
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
  readonly counts: Counts = { ...counted }
  /** Readers times time, in milliseconds, and readers that left, in all: what one stays, on the mean. */
  heldMs = 0
  left = 0
  /** Time between two changes, in milliseconds. */
  readonly gaps: Extremes
  /** Messages in one second. */
  readonly bursts: Extremes
  readonly senders = new Senders()
  census: Census | undefined
  readonly #memoryMs: number
  readonly #pollers = new Pollers()
  #settledAt: number
  #sendersAt: number
  #second = 0
  #inSecond = 0

  /** `memoryMs`: what is so old counts a third. */
  constructor(now: number, memoryMs: number) {
    this.since = now
    this.usedAt = now
    this.gaps = new Extremes(now)
    this.bursts = new Extremes(now)
    this.#memoryMs = memoryMs
    this.#settledAt = now
    this.#sendersAt = now
  }

  /** Lets what was counted age, and counts the readers of the time since. */
  settle(now: number, leastMs = stepMs): void {
    const ms = now - this.#settledAt
    if (ms < leastMs || ms <= 0) return
    this.#settledAt = now
    const { counts, census } = this
    const kept = Math.exp(-ms / this.#memoryMs)
    for (const name of names) counts[name] *= kept
    const added = this.#memoryMs * (1 - kept)
    counts.ms += added
    if (census)
      for (const name of transports) {
        counts[name] += census[name] * added
        this.heldMs += census[name] * ms
      }
    this.gaps.pass(now)
    this.bursts.pass(now)
    if (now - this.#sendersAt < sendersMs) return
    this.#sendersAt = now
    this.senders.clear()
  }

  /** The channel has new messages up to this offset. */
  changed(offset: number, messages: readonly Measurable[], now: number): void {
    this.settle(now)
    if (this.changedAt !== undefined) {
      const interval = now - this.changedAt
      this.intervalMs = this.intervalMs ? this.intervalMs * (1 - weight) + interval * weight : interval
      const { pollIntervals, pollIntervalMs } = this.counts
      const isSeenAlone = interval * pollIntervals >= pollIntervalMs
      if (isSeenAlone) this.gaps.add(interval)
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
    const ms = this.#pollers.polled(poller, now)
    if (ms === undefined) return
    counts.pollIntervals++
    counts.pollIntervalMs += ms
  }

  /** Somebody comes to be held, or leaves; the census is changed after this. */
  moves(now: number, isLeaving: boolean): void {
    this.settle(now, 0)
    if (isLeaving) this.left++
    else this.events++
  }
}
