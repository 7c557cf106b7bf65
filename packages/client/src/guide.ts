import type { Need, TransportName } from '@gamut/protocol'
import { persist } from './attempts.js'
import type { Client } from './client.js'
import type { GamutError } from './error.js'
import type { Move } from './explain.js'
import type { Guide, Held, Plan } from './guided.js'
import { Health, type Life } from './health.js'
import { KeptPositions } from './kept-positions.js'
import { type Group, type PolicyChannel, plan } from './policy.js'
import { type Delay, hurry } from './retry.js'
import { firstStatus, nextStatus, type Reason, type Status, type StatusEvent } from './status.js'
import type { Subscription } from './subscription.js'
import { isOfSnapshot } from './subscription-state.js'
import { channelPath, request } from './transports/ask.js'
import type { Frame, LinkEnd } from './transports/transport.js'

/** So many publishes in so many milliseconds are a use that sends. */
const oftenCount = 3
const oftenMs = 10_000
/** Of as many channels it is known how often is published, and past it only of those that are read what the server says. */
const maxKnown = 1000
/** The moves that are remembered, for people. */
const maxMoves = 50
/** How old kept positions may be, in milliseconds: a page that is reloaded sooner is told so much again. */
const saveMs = 250

/** What an application says about transports. */
export interface GuideOptions {
  /** Only this transport, or only these. */
  readonly transport?: TransportName | readonly TransportName[] | undefined
  /** After how long out of sight a page polls, in milliseconds; 60,000 if not said. */
  readonly pollHiddenAfterMs?: number | undefined
  /** `keep`: reading goes on where it was after the page is loaded again in the same tab. */
  readonly positions?: 'keep' | undefined
}

/** What one channel's user says about it. */
export interface ChannelNeed extends Pick<GuideOptions, 'transport'> {
  /** What this use asks of the channel; it comes before what the server says. */
  readonly need?: Need | undefined
}

/** What an application is shown: of the client, and when something last came. */
export interface ClientStatus extends Status {
  /** When anything last came, in milliseconds since 1970. */
  readonly lastEventAt?: number | undefined
  /** How old the last message was when it came, by this clock and the server's; those of snapshots are old, and do not count. */
  readonly lagMs?: number | undefined
}

/** The server's measure of silence before it has said its own (PROTOCOL §10), in milliseconds. */
const defaultHeartbeatMs = 15_000

/** What a server's `?info` says of a channel (PROTOCOL §15). */
interface Info extends Pick<PolicyChannel, 'need' | 'advised' | 'pollAfterMs'> {
  /** Of a channel that follows its traffic: it may be advised otherwise after so long. */
  readonly advisedForMs?: number | undefined
  /** That has passed: this holds until it is known what is said now. */
  isOld?: boolean
}

/** What is known of a channel where nobody has answered: it is asked again once a link delivers. */
const unanswered: Info = { need: {} }
/** For how long it is asked, in milliseconds; and of how many at once, as the reading itself wants a connection too. */
const askMs = 5_000
const maxAsking = 4

type Work = 'save' | 'hide' | 'probe' | 'ask'

/** Chooses transports by need and by what they deliver, and says what it does and why. */
export class PolicyGuide implements Guide {
  readonly #client: Client
  readonly #options: GuideOptions
  readonly #infos = new Map<string, Info>()
  readonly #sent = new Map<string, number[]>()
  readonly #moves: Move[] = []
  readonly #health: Health
  readonly #positions: KeptPositions | undefined
  readonly #listeners = new Set<(status: ClientStatus) => void>()
  /** How what is under way is stopped. */
  readonly #stops: { [work in Work]?: (() => void) | undefined } = {}
  #wanted: readonly Subscription[] = []
  #chosen: readonly Group[] = []
  #status: Status = firstStatus
  #lastEventAt: number | undefined
  #lagMs: number | undefined
  #heartbeatMs = defaultHeartbeatMs
  #hiddenAt: number | undefined
  #asking = 0
  #byHand: GuideOptions['transport']
  /** The transport that is tried again although it was found bad. */
  #trial: TransportName | undefined

  constructor(client: Client, options: GuideOptions) {
    const { environment, server, closing } = client
    this.#client = client
    this.#options = options
    const { origin, protocol } = new URL(server.url, 'http://localhost')
    if (!/^http/.test(protocol))
      throw new TypeError(`"${server.url}" is no address: begin it with https:// or /`)
    this.#health = new Health(origin, environment)
    if (options.positions) this.#positions = new KeptPositions(environment.tabStorage, server.url)
    if (environment.isHidden()) this.#hide()
    const stop = environment.onChange((what) => {
      if (what === 'hidden') this.#hide()
      else if (what !== 'frozen') {
        // What died while nobody looked, or without a network, says nothing about its transport.
        this.#health.away()
        if ((what === 'offline' && this.#wanted.length) || what === 'online') this.#tell({ type: what })
        if (what !== 'offline') this.#hurry()
      }
    })
    closing.signal.addEventListener('abort', stop)
  }

  /** The position that is kept of a channel from before the page was loaded. */
  keptCursor(channel: string): string | undefined {
    return this.#positions?.get(channel)
  }

  get status(): ClientStatus {
    return { ...this.#status, lastEventAt: this.#lastEventAt, lagMs: this.#lagMs }
  }

  /** The last moves, a sentence each. */
  async explain(): Promise<string[]> {
    const { explain } = await import('./explain.js')
    return this.#moves.map(explain)
  }

  onStatus(listener: (status: ClientStatus) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Goes to a transport by hand, or back to the choice of the policy. */
  move(transport: GuideOptions['transport']): void {
    this.#byHand = transport
    this.#client.schedule()
  }

  /** A message is published: a channel on which that is done often is better off with a WebSocket. */
  sends(channel: string): void {
    const now = this.#client.environment.elapsed()
    if (this.#sent.size >= maxKnown) this.#sent.clear()
    this.#sent.set(channel, [...(this.#sent.get(channel) ?? []), now].slice(-oftenCount))
    this.#client.schedule()
  }

  plan(wanted: readonly Subscription[]): Plan {
    const { mayOpen, server, environment, subscriptions } = this.#client
    const links = [...this.#client.links]
    this.#wanted = wanted
    // Who is left now may be read again in this page, at its place.
    const heard = [...subscriptions.values()].filter(({ isHeard }) => isHeard)
    if (heard.length < subscriptions.size) this.#save()
    const refused = heard.find(({ finished }) => Object(finished).code)
    if (!wanted.length)
      if (heard.some(({ cancel }) => cancel)) {
        // What is left is asked for again in a while.
        if (this.#status.state === 'live') this.#tell({ type: 'lost', reason: { code: 'retry' } })
      } else if (refused) this.refused(refused.finished as GamutError)
      else this.#tell({ type: 'rest' })
    else if (environment.isOffline()) this.#tell({ type: 'offline' })
    else if (mayOpen && !links.length)
      this.#tell({ type: 'open', reason: { code: this.#status.attempts ? 'retry' : 'first' } })
    const kept = links.filter((held) => this.#isToStay(held))
    this.#chosen = this.#choose(kept)
    if (this.#trial && !this.#isToStay({ transport: this.#trial })) {
      // Another use has all ride along elsewhere: it is tried when that is left.
      this.#trial = undefined
      this.#chosen = this.#choose(kept)
    } else for (const { why } of this.#chosen) if (why.code === 'bad') this.#probe(why.transport)
    server.pollEveryMs = this.#chosen.find(({ transport }) => /poll/.test(transport))?.pollEveryMs ?? 0
    const groups = new Map(this.#chosen.map(({ transport, channels }) => [transport, new Set(channels)]))
    const isOpen = (channel: string) =>
      links.some((held) => this.#isToStay(held) && held.channels.get(channel) !== undefined)
    // What is on another transport stays there until all of its link has opened where it is to be.
    for (const { transport, channels } of links.filter((held) => !this.#isToStay(held))) {
      const own = wanted.map(({ channel }) => channel).filter((channel) => channels.has(channel))
      if (!own.every(isOpen)) groups.set(transport, new Set([...own, ...(groups.get(transport) ?? [])]))
    }
    return groups
  }

  lost(held: Held, end: LinkEnd, usual: Delay | undefined): number | undefined {
    const { links, environment } = this.#client
    const { transport, heardAt } = held
    const now = environment.elapsed()
    const { openedAt = now } = held
    const idleMs = now - (heardAt ?? openedAt)
    const isTrial = transport === this.#trial
    const isOther = [...links].some((other) => other.heardAt !== undefined)
    const life = {
      kind: end.kind,
      opened: held.openedAt !== undefined,
      heard: heardAt !== undefined,
      livedMs: now - openedAt,
      idleMs,
      heartbeatMs: this.#heartbeatMs,
    }
    const isBad = this.#health.ended(transport, life, isOther) || isTrial
    this.#client.server.quietMs = this.#health.quietMs
    if (isTrial) this.#judge(false)
    if (!this.#isToStay(held)) return undefined
    // Where everything is bad, or nothing else may be used, it is a matter of waiting.
    const verdicts = this.#health.verdicts()
    const isNext =
      isBad && !usual?.isSaid && this.#choose([]).every((group) => !verdicts.has(group.transport))
    const delayMs = isNext ? 0 : usual?.delayMs
    if (!links.size && usual) {
      const reason = reasonOf(end, life)
      const retryAt = environment.now() + usual.delayMs
      this.#tell(delayMs ? { type: 'wait', retryAt, reason } : { type: 'lost', reason })
    }
    return delayMs
  }

  heard(held: Held, frame: Frame, isFirst: boolean): void {
    const { environment, links } = this.#client
    const { transport } = held
    this.#lastEventAt = environment.now()
    if (isFirst) {
      this.#health.delivered()
      for (const [channel, info] of this.#infos) if (info === unanswered) this.#infos.delete(channel)
      if (transport === this.#trial)
        this.#after('probe', this.#health.probe(transport)?.holdMs ?? 0, () => this.#judge(true))
    }
    // Who was suspected while nothing got through is not avoided any more, and whom others wait for may have come.
    if (isFirst || (frame.type === 'open' && [...links].some((one) => !this.#isToStay(one))))
      this.#client.schedule()
    // Back online, or beside what was refused: what has outlived that says so itself.
    if (isFirst || /connecting|refused/.test(this.#status.state)) {
      const why = this.#chosen.find((group) => group.transport === transport)?.why ?? { code: 'need' }
      this.#tell({ type: 'live', transport, why, reason: why })
    }
    if (frame.type === 'welcome') this.#heartbeatMs = frame.heartbeatMs
    if (frame.type === 'heartbeat') this.#tell({ type: frame.stale ? 'behind' : 'caught-up' })
    if (frame.type !== 'batch') return
    if (this.#positions && !this.#stops.save) this.#after('save', saveMs, () => this.#save())
    const time = frame.messages.at(-1)?.time
    // What a snapshot brings is old, not late.
    if (!time || isOfSnapshot(frame)) return
    this.#lagMs = Math.max(0, this.#lastEventAt - time)
    const subscription = this.#client.subscriptions.get(frame.channel)
    if (subscription) subscription.lagMs = this.#lagMs
  }

  refused({ code }: { readonly code: string }): void {
    if (this.#status.state !== 'refused')
      this.#tell({ type: 'refused', reason: { code: 'refused', error: code } })
  }

  close(): void {
    this.#tell({ type: 'close' })
    this.#save()
  }

  #after(what: Work, ms: number, call: () => void): void {
    this.#stops[what]?.()
    this.#stops[what] = this.#client.environment.after(ms, () => {
      this.#stops[what] = undefined
      call()
    })
  }

  /** Whether a link is on a transport of the plan. */
  #isToStay({ transport }: Pick<Held, 'transport'>): boolean {
    return this.#chosen.some((group) => group.transport === transport)
  }

  #choose(open: readonly Held[]): readonly Group[] {
    const { environment, options } = this.#client
    const verdicts = new Map(this.#health.verdicts())
    if (this.#trial) verdicts.delete(this.#trial)
    return plan({
      channels: this.#wanted.map((one) => this.#describe(one)),
      available: options.transports.filter((one) => one.isPossible(environment)).map(({ name }) => name),
      verdicts,
      // Else what is open would be as good, and what is tried never be.
      open: this.#trial ? [] : open,
      hiddenMs: this.#hiddenAt === undefined ? undefined : environment.elapsed() - this.#hiddenAt,
      pollHiddenAfterMs: this.#options.pollHiddenAfterMs,
      override: this.#byHand ?? this.#options.transport,
    })
  }

  #describe({ channel, options }: Subscription): PolicyChannel {
    const { need, transport: override } = options as ChannelNeed
    const sent = this.#sent.get(channel) ?? []
    const sends =
      sent.length === oftenCount && this.#client.environment.elapsed() - (sent[0] as number) < oftenMs
    if (need || override) return { name: channel, need: need ?? {}, sends, override }
    const info = this.#infos.get(channel)
    if ((!info || info.isOld) && this.#asking < maxAsking) void this.#ask(channel, info)
    return { need: {}, ...info, name: channel, sends }
  }

  /** Asks what the server says of a channel: once, or again in its time. What it does not say is as before, or not known. */
  async #ask(channel: string, before = unanswered): Promise<void> {
    const { server, subscriptions } = this.#client
    if (this.#infos.size >= maxKnown)
      for (const name of this.#infos.keys()) if (!subscriptions.has(name)) this.#infos.delete(name)
    this.#infos.set(channel, { ...before, isOld: false })
    this.#asking++
    try {
      const ask = async (signal: AbortSignal): Promise<Info> =>
        (await request(server, `${channelPath(channel)}?info`, undefined, { signal })).json()
      this.#infos.set(channel, { ...before, isOld: false, ...(await persist(this.#client, askMs, ask)) })
    } catch {
      // It goes without, or as before: the policy knows what to do of nothing.
      if (before === unanswered) this.#infos.set(channel, before)
    }
    const forMs = this.#infos.get(channel)?.advisedForMs
    if (forMs && !this.#stops.ask) this.#after('ask', forMs, () => this.#askAgain())
    this.#asking--
    this.#client.schedule()
  }

  /** What follows traffic may be advised otherwise by now. */
  #askAgain(): void {
    for (const info of this.#infos.values()) info.isOld = !!info.advisedForMs
    this.#client.schedule()
  }

  #hide(): void {
    this.#save()
    this.#hiddenAt = this.#client.environment.elapsed()
    this.#after('hide', this.#options.pollHiddenAfterMs ?? 60_000, () => this.#client.schedule())
  }

  /** Tries now and not later, unless the server said when; makes sure that what is open is alive. */
  #hurry(): void {
    const client = this.#client
    if (!client.environment.isHidden()) this.#hiddenAt = undefined
    const retry = hurry(client.retry, client.environment.elapsed())
    if (!client.mayOpen && retry) {
      client.retry = retry
      client.resume()
    }
    client.schedule()
    // Over HTTP that is a request: not sooner than the server wants one.
    for (const held of client.links)
      if (this.#isToStay(held) && (client.mayOpen || !held.link.isAsked)) held.link.check()
  }

  #save(): void {
    this.#stops.save?.()
    this.#stops.save = undefined
    this.#positions?.save(this.#client.subscriptions.values())
  }

  #tell(event: StatusEvent): void {
    const from = this.#status
    const to = nextStatus(from, event)
    if (from === to) return
    this.#status = to
    this.#moves.push({ at: this.#client.environment.now(), from, to })
    if (this.#moves.length > maxMoves) this.#moves.shift()
    for (const listener of [...this.#listeners]) this.#client.guard(() => listener(this.status))
  }

  /** Tries a bad transport again in its time; what it is to replace stays until it delivers. */
  #probe(transport: TransportName): void {
    const { environment } = this.#client
    const probe = this.#health.probe(transport)
    if (!probe || this.#trial || this.#stops.probe) return
    this.#after('probe', Math.max(0, probe.at - environment.now()), () => {
      if (!this.#health.probe(transport)) return
      this.#trial = transport
      this.#client.schedule()
    })
  }

  #judge(isGood: boolean): void {
    this.#stops.probe?.()
    this.#stops.probe = undefined
    if (this.#trial) this.#health.probed(this.#trial, isGood)
    this.#trial = undefined
    this.#client.schedule()
  }
}

function reasonOf(end: LinkEnd, { idleMs, opened }: Life): Reason {
  const { kind } = end
  if (kind === 'refused') return { code: kind, error: end.code }
  if (kind === 'token') return { code: 'refused', error: kind }
  if (kind === 'mute' && !opened) return { code: 'unanswered' }
  if (kind === 'mute' || kind === 'garbage') return { code: kind, ms: idleMs }
  return { code: kind === 'sent-away' ? kind : opened ? 'lost' : 'unreached' }
}
