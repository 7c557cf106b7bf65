import type { Need, TransportName } from '@gamut/protocol'
import type { BadReason, Verdicts } from './health.js'
import { urlRoom } from './transports/ask.js'

/** A channel as the choice of its transport sees it. */
export interface PolicyChannel {
  readonly name: string
  /** What the application says over what `?info` says; `{}` while nothing is known. */
  readonly need: Need
  /** `advised` of `?info`, best first (PROTOCOL §15). Left out while it is unknown, and where the application states a need: its word wins. */
  readonly advised?: readonly TransportName[] | undefined
  /** When a poll is to be repeated, as the server last said. */
  readonly pollAfterMs?: number | undefined
  /** Whether the application publishes on it often. */
  readonly sends?: boolean | undefined
  /** What the application chose for this channel, best first; it comes before the client's own override. */
  readonly override?: TransportName | readonly TransportName[] | undefined
}

/** A link that is open or being opened. */
export interface OpenGroup {
  readonly transport: TransportName
}

/** All that the choice depends on. */
export interface PolicyInput {
  readonly channels: readonly PolicyChannel[]
  /** The transports that are possible here, in any order. Of none follows an empty plan. */
  readonly available: readonly TransportName[]
  readonly verdicts: Verdicts
  /** For how long the page has been hidden; left out while it is visible. */
  readonly hiddenMs?: number | undefined
  /** After how long out of sight channels are polled. Default 60 s: shorter looks elsewhere shall cost nothing. */
  readonly pollHiddenAfterMs?: number | undefined
  readonly override?: TransportName | readonly TransportName[] | undefined
  readonly open: readonly OpenGroup[]
}

/** Why a group is on its transport; `explain` has the words. */
export type Why =
  /** `need`: asked for. `unknown`: nothing is known yet. `shared`: rides on what others need or what is open. `unavailable`: no transport of the override exists here. */
  | { readonly code: 'need' | 'unknown' | 'shared' | 'many' | 'hidden' | 'override' | 'unavailable' }
  /** The transport that would be chosen but does not work here: the one to probe. */
  | { readonly code: 'bad'; readonly transport: TransportName; readonly reason: BadReason }

/** The channels of one transport: of one link, or of as many as it takes. */
export interface Group {
  readonly transport: TransportName
  readonly channels: string[]
  why: Why
  /** Of a hidden page: polls no more often than this, in milliseconds; else 0. */
  pollEveryMs: number
}

/** A channel with the transports that it may use, best first, and the best that works. */
interface Choice extends PolicyChannel {
  readonly chain: readonly TransportName[]
  readonly pick: TransportName
  readonly why: Why
}

/** From here on polling meets a staleness without being a burden, in milliseconds; the server's own rule. */
const pollIsEnoughMs = 10_000
/** What a message on an open link costs beside a request, by bytes: some 150 against 600 with its heads. */
const messagesPerPoll = 4
/** How often a hidden page polls where no need says it, in milliseconds. */
const hiddenPollMs = 30_000
/** HTTP/1.1 gives an origin six connections: two are left for publishes and for the page itself. */
const maxHeld = 4

/** Where nothing is advised, best first. A WebSocket is none of the six connections that other tabs may hold. */
const general = ['sse', 'ndjson', 'websocket', 'long-poll', 'poll'] as const
/** What holds a connection, the most able first. */
export const order = ['websocket', 'sse', 'ndjson', 'long-poll'] as const

/** How many of these channels one link reads: as many as PROTOCOL §4 allows, and fewer where their names are long. */
const sizeOf = (transport: TransportName, channels: readonly PolicyChannel[]) =>
  transport === 'websocket'
    ? 100
    : Math.min(transport === 'sse' ? 32 : 100, urlRoom(channels.map(({ name }) => name)))

function wish({ need, advised, sends }: PolicyChannel): readonly TransportName[] {
  const { direction = 'to-client', clientMessagesPerSecond = 1, stalenessMs } = need
  if (sends) return ['websocket', ...(advised ?? [])]
  if (advised) return advised
  if (direction !== 'to-client' && clientMessagesPerSecond >= 0.1) return ['websocket']
  return stalenessMs === undefined ? [] : [stalenessMs >= pollIsEnoughMs ? 'poll' : 'sse']
}

function choose(channel: PolicyChannel, input: PolicyInput, isHidden: boolean): Choice {
  const { available, verdicts } = input
  const { override = input.override ?? [], need, pollAfterMs = 1000 } = channel
  const wished = wish(channel)
  const own = [override].flat().filter((name) => available.includes(name))
  // A poll is no way to be told at once: unless it is what is wished, everything else comes before it.
  const all = new Set([...wished.filter((name, index) => !index || name !== 'poll'), ...general])
  const chain = own.length ? own : [...all].filter((name) => available.includes(name))
  const best = chain[0] as TransportName
  const mayPoll = isHidden && chain.includes('poll') && !((need.stalenessMs ?? pollAfterMs) < pollAfterMs)
  const judgedAt = (name: TransportName) => verdicts.get(name)?.at ?? -1
  // Where all are bad the one that failed longest ago is tried; a poll is never judged, so it wins where it may be used.
  const good = chain.reduce((a, b) => (verdicts.has(a) && judgedAt(b) < judgedAt(a) ? b : a))
  const pick = mayPoll ? 'poll' : good
  const verdict = verdicts.get(best)
  const code = own.length ? 'override' : override.length ? 'unavailable' : wished.length ? 'need' : 'unknown'
  const why: Why =
    pick === best
      ? { code }
      : mayPoll || !verdict
        ? { code: 'hidden' }
        : { code: 'bad', transport: best, reason: verdict.reason }
  return { ...channel, chain, pick, why }
}

/** The one held transport that carries whatever may use it, and whether it was taken for their number. */
function mainOf(held: readonly Choice[], { verdicts, open }: PolicyInput) {
  const main = order.find((name) => !verdicts.has(name) && held.some(({ pick }) => pick === name))
  if (main !== 'sse' && main !== 'ndjson') return { main }
  const canCarry = (name: TransportName) =>
    !verdicts.has(name) && held.every(({ chain }) => chain.includes(name))
  const isOpen = (name: TransportName) => open.some(({ transport }) => transport === name)
  // To hold one connection or another costs the same, to change it costs a reconnect: what is open stays.
  const kept = order.find((name) => name !== 'long-poll' && isOpen(name) && canCarry(name)) ?? main
  const isMany = kept === 'sse' && held.length > sizeOf(kept, held) && canCarry('websocket')
  return { main: isMany ? ('websocket' as const) : kept, isMany }
}

/** Which reason stands for its group. */
const weight = ({ code }: Why) => (code === 'bad' ? 2 : code === 'shared' ? 0 : 1)

/**
 * Which channels go by which transport: the cheapest that meets the needs of all of them together, given what is open.
 * Pure and total; each channel is in exactly one group, unless nothing is available, and each transport has one group
 * at most. One held connection carries all that may use it. Equal input gives an equal plan.
 *
 * A channel that could poll rides on a held link if that sends it no more than its polls would cost. Opening a set anew
 * to let it in is one request, as its next poll would be, so joining pays from there on; a link of its own would not,
 * so it only takes room that is left.
 */
export function plan(input: PolicyInput): readonly Group[] {
  const isHidden = (input.hiddenMs ?? -1) >= (input.pollHiddenAfterMs ?? 60_000)
  const choices = input.available.length
    ? input.channels.map((channel) => choose(channel, input, isHidden))
    : []
  const held = choices.filter(({ pick }) => pick !== 'poll')
  const { main = 'poll', isMany } = mainOf(held, input)
  const size = sizeOf(main, held)
  const groups = new Map<TransportName, Group>()
  for (const choice of [...held, ...choices.filter(({ pick }) => pick === 'poll')]) {
    const { chain, name, need, pick, pollAfterMs = need.stalenessMs ?? pollIsEnoughMs } = choice
    const count = groups.get(main)?.channels.length ?? 0
    const isCheap = ((need.updatesPerSecond ?? 0) * pollAfterMs) / 1000 <= messagesPerPoll
    const hasRoom =
      pick === 'poll' ? count % size && isCheap : count < maxHeld * size || !chain.includes('poll')
    const transport = !chain.includes(main) ? pick : hasRoom ? main : 'poll'
    const code = isMany ? 'many' : pick !== transport && (transport === main ? 'shared' : 'many')
    const why: Why = code ? { code } : choice.why
    const group = groups.get(transport) ?? { transport, channels: [], why, pollEveryMs: hiddenPollMs }
    groups.set(transport, group)
    group.channels.push(name)
    if (weight(why) > weight(group.why)) group.why = why
    group.pollEveryMs = isHidden ? Math.min(need.stalenessMs ?? hiddenPollMs, group.pollEveryMs) : 0
  }
  return [...groups.values()]
}
