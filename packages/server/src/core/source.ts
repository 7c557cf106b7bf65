import { type ChannelName, type ChannelSource, type ErrorBody, errorBody } from '@gamut/protocol'
import type { Broker } from '../broker/broker.js'
import type { ChannelSettings } from '../channels.js'
import type { Clock } from '../clock.js'
import { textOf } from '../error.js'
import type { Logger } from '../telemetry/logger.js'
import type { Tally } from '../telemetry/tally.js'
import type { Publisher } from './publish.js'
import type { Wheel } from './wheel.js'
import { within } from './within.js'

/** A `load` that has not answered after so long has failed, in milliseconds. */
const loadTimeoutMs = 30_000
/** A failing `load` is tried again after twice as long each time, up to this. */
const slowestRetryMs = 60_000

/** How often a node that does not compute it looks for a first value, in milliseconds. */
const lookMs = 200

/** Which of several nodes computes what. */
export interface Leading {
  /** This node reads a channel from now on. Resolves when all can know. */
  claim(channel: ChannelName): Promise<void>
  /** This node has computed it, or has failed and tries again in so many milliseconds. */
  report(channel: ChannelName, inMs: number | undefined): void
  /** This node reads it no more. */
  release(channel: ChannelName): void
  isLeader(channel: ChannelName): boolean
  /** What the one that computes it has reported. */
  leader(channel: ChannelName): { readonly retryMs?: number } | undefined
}

/** What computed channels need of their node. */
export interface SourcesParts {
  readonly broker: Broker
  readonly publisher: Publisher
  readonly settings: (channel: ChannelName) => ChannelSettings
  readonly clock: Clock
  readonly wheel: Wheel
  readonly tally: Tally
  readonly logger: Logger
  readonly firstLoadMs: number
  /** Which node computes what; nothing where there is one alone. */
  readonly leads: () => Leading | undefined
  /** Tells the readers of a channel that its source fails, or that it works again. */
  readonly tell: (channel: ChannelName, error: ErrorBody | undefined) => void
}

/** One computed channel while somebody reads it. */
interface Run {
  readonly channel: ChannelName
  readonly source: ChannelSource
  readonly params: Readonly<Record<string, string>>
  readers: number
  /** Polls count as reading until then, by `elapsed`. */
  leaseUntil: number
  failures: number
  error: ErrorBody | undefined
  /** The value that was appended last, as JSON; not known once another node has computed it. */
  value: string | undefined
  isLoading: boolean
  /** This node computes it, as far as it was told. */
  isLeading: boolean
  /** Settles when `load` has been tried once; nothing from then on. */
  first: Promise<void> | undefined
  cancel: (() => void) | undefined
}

function failure(retryMs: number): ErrorBody {
  return errorBody(
    'source_failed',
    'What computes this channel failed just now. Its last value stays, and it is tried again.',
    retryMs,
  )
}

/** Runs the `load` of each computed channel while it is read, once for all its readers, on all nodes (PROTOCOL §2). */
export class Sources {
  readonly #parts: SourcesParts
  readonly #runs = new Map<ChannelName, Run>()

  constructor(parts: SourcesParts) {
    this.#parts = parts
  }

  /** Somebody reads the channel until the returned function is called; none for a channel without a source. */
  hold(channel: ChannelName): (() => void) | undefined {
    const run = this.#run(channel)
    if (!run) return undefined
    run.readers++
    return () => {
      run.readers--
    }
  }

  /** Somebody polls: counts as reading for a while, and waits for a first value. Tells why there is nothing new. */
  async poll(channel: ChannelName, pollAfterMs: number): Promise<ErrorBody | undefined> {
    const run = this.#run(channel)
    if (!run) return undefined
    const { clock, firstLoadMs } = this.#parts
    const leaseMs = 3 * Math.max(run.source.everyMs, pollAfterMs)
    run.leaseUntil = Math.max(run.leaseUntil, clock.elapsed() + leaseMs)
    if (!run.first) return run.error
    let cancel = () => {}
    const patience = new Promise<void>((resolve) => {
      cancel = clock.after(firstLoadMs, resolve)
    })
    await Promise.race([run.first, patience])
    cancel()
    return run.error
  }

  /** Stops all of them. */
  close(): void {
    for (const run of this.#runs.values()) run.cancel?.()
    this.#runs.clear()
  }

  #run(channel: ChannelName): Run | undefined {
    const known = this.#runs.get(channel)
    if (known) return known
    const { source, params } = this.#parts.settings(channel)
    if (!source) return undefined
    const run: Run = {
      channel,
      source,
      params,
      readers: 0,
      leaseUntil: 0,
      failures: 0,
      error: undefined,
      value: undefined,
      isLoading: false,
      isLeading: false,
      first: undefined,
      cancel: undefined,
    }
    this.#runs.set(channel, run)
    run.first = this.#begin(run).then(() => {
      run.first = undefined
    })
    return run
  }

  async #begin(run: Run): Promise<void> {
    const leads = this.#parts.leads()
    if (!leads) return this.#load(run)
    await leads.claim(run.channel)
    this.review(run.channel)
    // Whoever computes it may have begun just now, too.
    const until = this.#parts.clock.elapsed() + this.#parts.firstLoadMs
    while (this.#runs.get(run.channel) === run && !run.error && this.#parts.clock.elapsed() < until) {
      if ((await this.#lastValue(run.channel).catch(() => undefined)) !== undefined) return
      await new Promise<void>((resolve) => this.#parts.wheel.after(lookMs, resolve))
    }
  }

  /** Whether this node computes a channel may have changed, and whether the one that does fails. */
  review(channel: ChannelName): void {
    const run = this.#runs.get(channel)
    const leads = this.#parts.leads()
    if (!run || !leads) return
    if (leads.isLeader(channel)) {
      if (!run.isLeading) run.cancel?.()
      if (!run.isLeading && !run.isLoading) void this.#load(run)
      run.isLeading = true
      return
    }
    if (run.isLeading) run.value = undefined
    run.isLeading = false
    run.cancel ??= this.#later(run, run.source.everyMs)
    const { retryMs } = leads.leader(channel) ?? {}
    if (retryMs === run.error?.retryAfterMs) return
    run.error = retryMs === undefined ? undefined : failure(retryMs)
    this.#parts.tell(channel, run.error)
  }

  async #load(run: Run): Promise<void> {
    run.isLoading = true
    await this.#loadOnce(run)
    run.isLoading = false
    if (this.#runs.get(run.channel) === run)
      run.cancel = this.#later(run, run.error?.retryAfterMs ?? run.source.everyMs)
  }

  #later(run: Run, ms: number): () => void {
    return this.#parts.clock.after(ms, () => this.#again(run))
  }

  /** Another node computes it now. */
  #isFollowing({ channel }: Run): boolean {
    return this.#parts.leads()?.isLeader(channel) === false
  }

  async #loadOnce(run: Run): Promise<void> {
    try {
      const value = await this.#value(run)
      const known = run.value ?? (await this.#lastValue(run.channel))
      if (this.#isFollowing(run)) return
      if (value !== known) {
        await this.#parts.publisher.publish({
          channel: run.channel,
          messages: [{ data: value }],
          identity: null,
        })
      }
      run.value = value
      if (run.error) this.#parts.tell(run.channel, undefined)
      run.failures = 0
      run.error = undefined
      this.#parts.leads()?.report(run.channel, undefined)
    } catch (error) {
      this.#fail(run, error)
    }
  }

  #again(run: Run): void {
    if (run.readers === 0 && run.leaseUntil <= this.#parts.clock.elapsed()) this.#forget(run)
    else if (this.#isFollowing(run)) run.cancel = this.#later(run, run.source.everyMs)
    else void this.#load(run)
  }

  /** Nobody reads it: a later run begins without its error. */
  #forget(run: Run): void {
    this.#runs.delete(run.channel)
    this.#parts.leads()?.release(run.channel)
    if (run.error) this.#parts.tell(run.channel, undefined)
  }

  #fail(run: Run, error: unknown): void {
    const { everyMs } = run.source
    const retryMs = Math.min(everyMs * 2 ** run.failures, Math.max(everyMs, slowestRetryMs))
    run.failures++
    run.error = failure(retryMs)
    this.#parts.leads()?.report(run.channel, retryMs)
    this.#parts.tally.counts.gamut_source_failures_total++
    this.#parts.logger.warn({ channel: run.channel, error: textOf(error), retryMs }, 'a source failed')
    this.#parts.tell(run.channel, run.error)
  }

  async #value({ source, channel, params }: Run): Promise<string> {
    const loading = source.load({ channel, params })
    const value = await within(loading, loadTimeoutMs, this.#parts.wheel, 'load')
    const text: string | undefined = JSON.stringify(value)
    if (text === undefined)
      throw new TypeError('load gave nothing that JSON can hold; return null for "no value"')
    return text
  }

  /** What an earlier run left, so that a value that did not change meanwhile is not appended again. */
  async #lastValue(channel: ChannelName): Promise<string | undefined> {
    const { messages } = await this.#parts.broker.read(channel, { last: 1 }, { count: 1, bytes: 1 })
    return messages[0]?.data
  }
}
