import { type Census, type ChannelTraffic, createCensus, type HeldTransport } from './channel-traffic.js'

/** What a channel's traffic was lately; what cannot be known yet is left out. */
export interface Measured {
  /** For how long the channel is measured, in milliseconds. */
  readonly forMs: number
  /** Messages, polls and readers that came, in all. */
  readonly events: number
  readonly updatesPerSecond: number
  /** Most messages in one second of the last hour or two. */
  readonly burstPerSecond: number
  /** Least time between two changes in the last hour or two; what comes within one poll of most readers is one change. */
  readonly leastGapMs: number
  readonly messageBytes?: number
  /** Messages a second that came over the network: by requests, by frames of WebSockets, and of about how many senders. */
  readonly sent: { readonly byRequest: number; readonly byWebSocket: number; readonly senders: number }
  /** Readers at once, on the mean: held ones are counted, pollers estimated. */
  readonly readers: Readonly<Record<HeldTransport | 'poll', number>>
  /** Those that are held at this moment. */
  readonly heldNow: Readonly<Census>
  readonly polls: {
    readonly perSecond: number
    /** Of them, those that brought nothing, and of these those that were answered 304. */
    readonly emptyPerSecond: number
    readonly unchangedPerSecond: number
    /** Between two polls of one reader. */
    readonly intervalMs?: number
  }
  /** Messages and their bytes a second that readers were given. */
  readonly delivered: { readonly perSecond: number; readonly bytesPerSecond: number }
  /** Of the messages that WebSockets carry, both ways, those that go to clients; from 0 to 1. */
  readonly toClientsShare?: number
  /** From when the node knows messages until the last reader's are written, on the mean. */
  readonly delayMs?: number
  /** How long a reader of a stream or a socket stays, on the mean; to be replaced by the server is to stay. */
  readonly lifetimeMs?: number
}

/** How long readers stay is said from so many on that left. */
const leastLeft = 10

/** What was counted of a channel as rates, sizes and shares. `pollAfterMs` is when pollers are told to come again. */
export function measure(traffic: ChannelTraffic, now: number, pollAfterMs: number): Measured {
  const counts = traffic.sums
  const { ms, updates, deliveries, polled } = counts
  const perSecond = (amount: number) => (ms > 0 ? (amount * 1000) / ms : 0)
  const mean = (sum: number, of: number) => (of > 0 ? sum / of : undefined)
  const messageBytes = mean(counts.bytes, updates)
  const { pollers, intervalMs } = pollersOf(traffic, pollAfterMs)
  const bySocket = counts.socketDeliveries + counts.frames
  return withoutUnknown({
    forMs: Math.round(now - traffic.since),
    events: traffic.events,
    updatesPerSecond: perSecond(updates),
    burstPerSecond: traffic.bursts.most,
    leastGapMs: leastGapOf(traffic, now),
    messageBytes,
    sent: {
      byRequest: perSecond(counts.requests),
      byWebSocket: perSecond(counts.frames),
      senders: traffic.senders.count,
    },
    readers: {
      poll: pollers,
      'long-poll': mean(counts['long-poll'], ms) ?? 0,
      sse: mean(counts.sse, ms) ?? 0,
      ndjson: mean(counts.ndjson, ms) ?? 0,
      websocket: mean(counts.websocket, ms) ?? 0,
    },
    heldNow: { ...createCensus(), ...traffic.census },
    polls: withoutUnknown({
      perSecond: perSecond(counts.polls),
      emptyPerSecond: perSecond(counts.emptyPolls),
      unchangedPerSecond: perSecond(counts.unchangedPolls),
      intervalMs,
    }),
    delivered: {
      perSecond: perSecond(deliveries + polled),
      bytesPerSecond: perSecond(deliveries + polled) * (messageBytes ?? 0),
    },
    toClientsShare: mean(counts.socketDeliveries, bySocket),
    delayMs: mean(counts.delayMs, counts.delays),
    // Of a few that left it would be chance.
    lifetimeMs: traffic.left >= leastLeft ? traffic.heldMs / traffic.left : undefined,
  })
}

/** Where there were no two changes, what is known is for how long there was none. */
function leastGapOf({ gaps, changedAt, since }: ChannelTraffic, now: number): number {
  if (Number.isFinite(gaps.least)) return gaps.least
  return changedAt === undefined ? now - since : Math.max(now - changedAt, changedAt - since)
}

/**
 * How many poll, and how often each. Watched ones tell the interval; where none could be watched it is what pollers
 * are told. Each gets each message once, so there are at least as many as messages went out by polls for each published.
 */
function pollersOf({ sums, pollers: watched }: ChannelTraffic, pollAfterMs: number) {
  const { ms, polls, polled, updates } = sums
  if (polls === 0 || ms <= 0) return { pollers: 0, intervalMs: undefined }
  const watchedMs = watched?.intervalMs ?? pollAfterMs
  const pollers = Math.max((polls * watchedMs) / ms, updates >= 1 ? polled / updates : 0)
  return { pollers, intervalMs: (pollers * ms) / polls }
}

type Known<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>
}

function withoutUnknown<T extends object>(fields: T): Known<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Known<T>
}
