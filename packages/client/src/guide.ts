import type { Need, TransportName } from '@gamut/protocol'
import type { Client, Guide, Note } from './client.js'
import type { Move } from './explain.js'
import { Health } from './health.js'
import { KeptPositions } from './kept-positions.js'
import type { LinkLife } from './link.js'
import type { Group, Held } from './links.js'
import { type PolicyChannel, plan, type Why } from './policy.js'
import { firstStatus, nextStatus, type Reason, type Status, type StatusEvent } from './status.js'
import type { Subscription } from './subscription.js'
import { channelUrl, request } from './transports/ask.js'
import type { LinkEnd } from './transports/transport.js'

/** So many publishes in so many milliseconds are a use that sends. */
const oftenCount = 3
const oftenMs = 10_000
/** Of as many channels it is known what the server says, and how often is published; past it that is learned anew. */
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
  /** How old the last message was when it came, by this clock and the server's. */
  readonly lagMs?: number | undefined
}

/** What a server's `?info` says of a channel (PROTOCOL §15). */
interface Info {
  readonly need?: Need
  readonly advised?: readonly TransportName[]
  readonly pollAfterMs?: number
}

/** Chooses transports by need and by what they deliver, and says what it does and why. */
export class PolicyGuide implements Guide {
  readonly #client: Client
  readonly #options: GuideOptions
  readonly #infos = new Map<string, Info>()
  readonly #sent = new Map<string, number[]>()
  readonly #whys = new Map<TransportName, Why>()
  readonly #moves: Move[] = []
  readonly #health: Health
  readonly #positions: KeptPositions | undefined
  #cancelSave: (() => void) | undefined
  #cancelHide: (() => void) | undefined
  readonly #stops: (() => void)[] = []
  readonly #listeners = new Set<(status: ClientStatus) => void>()
  #wanted: readonly Subscription[] = []
  #status: Status = firstStatus
  #lastEventAt: number | undefined
  #lagMs: number | undefined
  #hiddenAt: number | undefined
  #chosen: GuideOptions['transport']
  /** The transport that is tried again although it was found bad. */
  #trial: TransportName | undefined
  #cancelProbe: (() => void) | undefined
  pollEveryMs = 0

  constructor(client: Client, options: GuideOptions) {
    const { environment, server } = client
    this.#client = client
    this.#options = options
    this.#chosen = options.transport
    this.#health = new Health(new URL(server.url, 'http://localhost').origin, environment)
    if (options.positions) this.#positions = new KeptPositions(environment.tabStorage, server.url)
    if (environment.isHidden()) this.#hide()
    this.#stops.push(
      environment.onChange((what) => {
        if (what === 'hidden') this.#hide()
        else if (what === 'offline') {
          this.#health.away()
          this.#tell({ type: what })
        } else if (what !== 'frozen') {
          this.#hiddenAt = environment.isHidden() ? this.#hiddenAt : undefined
          if (what === 'online') this.#tell({ type: what })
          client.schedule()
          client.hurry()
        }
      }),
    )
  }

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
    this.#chosen = transport ?? this.#options.transport
    this.#client.schedule()
  }

  /** A message is published: a channel on which that is done often is better off with a WebSocket. */
  sends(channel: string): void {
    const now = this.#client.environment.elapsed()
    if (this.#sent.size >= maxKnown) this.#sent.clear()
    this.#sent.set(channel, [...(this.#sent.get(channel) ?? []), now].slice(-oftenCount))
    this.#client.schedule()
  }

  plan(wanted: readonly Subscription[], open: readonly Group[]): readonly Group[] {
    const { environment, options } = this.#client
    const { pollHiddenAfterMs } = this.#options
    this.#wanted = wanted
    const verdicts = new Map(this.#health.verdicts())
    if (this.#trial) verdicts.delete(this.#trial)
    const groups = plan({
      channels: wanted.map((one) => this.#describe(one)),
      available: options.transports.filter((one) => one.isPossible(environment)).map(({ name }) => name),
      verdicts,
      open,
      ...(this.#hiddenAt !== undefined && { hiddenMs: environment.elapsed() - this.#hiddenAt }),
      ...(pollHiddenAfterMs !== undefined && { pollHiddenAfterMs }),
      ...(this.#chosen && { override: this.#chosen }),
    })
    this.pollEveryMs = 0
    for (const { transport, why, pollEveryMs = 0 } of groups) {
      this.#whys.set(transport, why)
      this.pollEveryMs ||= pollEveryMs
      if (why.code === 'bad') this.#probe(why.transport)
    }
    return groups
  }

  lost({ transport, isLeaving }: Held, _end: LinkEnd, life: LinkLife): boolean {
    const isTrial = transport === this.#trial
    const reason = this.#health.ended(transport, life)
    if (isTrial) this.#judge(false)
    if (isLeaving || !(isTrial || reason)) return false
    // Where everything is bad, or nothing else may be used, it is a matter of waiting.
    const verdicts = this.#health.verdicts()
    return this.plan(this.#wanted, []).every((group) => !verdicts.has(group.transport))
  }

  note(note: Note): void {
    if (note.type === 'frame') this.#hear(note)
    else if (note.type === 'live') {
      const { transport } = note.held
      this.#health.delivered()
      // Who was suspected while nothing got through is not avoided any more.
      this.#client.schedule()
      this.#tellLive(note.held)
      if (transport === this.#trial) {
        const { holdMs = 0 } = this.#health.probe(transport) ?? {}
        this.#cancelProbe = this.#client.environment.after(holdMs, () => this.#judge(true))
      }
    } else if (note.type === 'left') this.#health.left()
    else if (note.type === 'lost') {
      const { delayMs } = note
      const reason = reasonOf(note)
      const retryAt = this.#client.environment.now() + delayMs
      this.#tell(delayMs ? { type: 'wait', retryAt, reason } : { type: 'lost', reason })
    } else if (note.type === 'refused') {
      this.#tell({ type: 'refused', reason: { code: 'refused', error: note.refusal.code } })
    } else if (note.type === 'open') {
      this.#tell({ type: 'open', reason: { code: this.#status.attempts ? 'retry' : 'first' } })
    } else {
      this.#tell({ type: note.type })
      if (note.type === 'close') this.#save()
      if (note.type === 'close')
        for (const stop of [...this.#stops, this.#cancelProbe, this.#cancelHide]) stop?.()
    }
  }

  #describe({ channel, options }: Subscription): PolicyChannel {
    const { need, transport } = options as ChannelNeed
    const { [0]: first, length } = this.#sent.get(channel) ?? []
    const sends = length === oftenCount && this.#client.environment.elapsed() - (first as number) < oftenMs
    if (need || transport)
      return { name: channel, need: need ?? {}, sends, ...(transport && { override: transport }) }
    const info = this.#infos.get(channel)
    if (!info) void this.#ask(channel)
    return { name: channel, need: {}, sends, ...info }
  }

  /** Asks once what the server says of a channel; what it does not say is not known. */
  async #ask(channel: string): Promise<void> {
    const { server } = this.#client
    if (this.#infos.size >= maxKnown) this.#infos.clear()
    this.#infos.set(channel, {})
    try {
      const response = await request(server, () => `${channelUrl(server, channel)}?info`, 'application/json')
      const { need = {}, advised, pollAfterMs } = (await response.json()) as Info
      this.#infos.set(channel, { need, ...(advised && { advised }), ...(pollAfterMs && { pollAfterMs }) })
      this.#client.schedule()
    } catch {
      // It goes without: the policy knows what to do of nothing.
    }
  }

  #hide(): void {
    const { environment } = this.#client
    this.#save()
    this.#hiddenAt = environment.elapsed()
    this.#cancelHide?.()
    this.#cancelHide = environment.after(this.#options.pollHiddenAfterMs ?? 60_000, () =>
      this.#client.schedule(),
    )
  }

  #hear({ frame, held }: Extract<Note, { type: 'frame' }>): void {
    const { environment } = this.#client
    this.#lastEventAt = environment.now()
    // Back online: what has outlived that says so itself.
    if (this.#status.state === 'connecting') this.#tellLive(held)
    if (frame.type === 'heartbeat') this.#tell({ type: frame.stale ? 'behind' : 'caught-up' })
    if (frame.type !== 'batch') return
    if (this.#positions) this.#cancelSave ??= environment.after(saveMs, () => this.#save())
    const time = frame.messages.at(-1)?.time
    if (time === undefined) return
    this.#lagMs = Math.max(0, this.#lastEventAt - time)
    const subscription = this.#client.subscriptions.get(frame.channel)
    if (subscription) subscription.lagMs = this.#lagMs
  }

  #save(): void {
    this.#cancelSave?.()
    this.#cancelSave = undefined
    this.#positions?.save(this.#client.subscriptions.values())
  }

  #tellLive({ transport }: Held): void {
    const why = this.#whys.get(transport) ?? { code: 'need' }
    this.#tell({ type: 'live', transport, why, reason: why })
  }

  #tell(event: StatusEvent): void {
    const before = this.#status
    this.#status = nextStatus(before, event)
    if (before === this.#status) return
    this.#moves.push({ at: this.#client.environment.now(), from: before, to: this.#status })
    if (this.#moves.length > maxMoves) this.#moves.shift()
    for (const listener of [...this.#listeners]) this.#client.guard(() => listener(this.status))
  }

  /** Tries a bad transport again in its time; what it is to replace stays until it delivers. */
  #probe(transport: TransportName): void {
    const { environment } = this.#client
    const probe = this.#health.probe(transport)
    if (!probe || this.#trial || this.#cancelProbe) return
    this.#cancelProbe = environment.after(Math.max(0, probe.at - environment.now()), () => {
      this.#cancelProbe = undefined
      if (!this.#health.probe(transport)) return
      this.#trial = transport
      this.#client.schedule()
    })
  }

  #judge(isGood: boolean): void {
    this.#cancelProbe?.()
    this.#cancelProbe = undefined
    if (this.#trial) this.#health.probed(this.#trial, isGood)
    this.#trial = undefined
    this.#client.schedule()
  }
}

function reasonOf({ end, life }: Extract<Note, { type: 'lost' }>): Reason {
  const { kind } = end
  if (kind === 'refused') return { code: kind, error: end.code }
  if (kind === 'token') return { code: 'refused', error: kind }
  if (kind === 'mute' && !life.opened) return { code: 'unanswered' }
  if (kind === 'mute' || kind === 'garbage') return { code: kind, ms: life.idleMs }
  return { code: kind === 'sent-away' ? kind : life.opened ? 'lost' : 'unreached' }
}
