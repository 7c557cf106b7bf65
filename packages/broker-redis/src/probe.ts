import { isReply, toReason, toTrouble } from './trouble.js'

/** What a probe needs. */
export interface ProbeParts {
  /** Where it publishes: one place on each Redis that has to be seen. */
  topics(): readonly string[]
  /** Writes and publishes there, as an append does. */
  beat(topic: string, text: string): Promise<unknown>
  onInterrupted(reason: string): void
  onRestored(): void
  /** Makes new connections: the old ones may lead to a Redis that nobody writes to any more. */
  renew(): void
  now(): number
}

interface Beat {
  /** Empty once it says nothing any more. */
  text: string
  readonly at: number
  /** Where it has not come back from yet. */
  readonly missing: Set<string>
  readonly unanswered: Set<string>
  answered: boolean
  settled: boolean
}

const beatMs = 1_000
/** A beat that has not come back after so long shows that the path is broken. */
const patienceMs = 2_500
/** So long the connections that there are may take to be good again. */
const renewMs = 3_000

/**
 * Goes all the way that messages go: by a script that writes, through pub/sub, back to this node. A demoted or frozen
 * Redis keeps its connections, and some of these answer a PING.
 */
export class Probe {
  readonly #parts: ProbeParts
  #timer: NodeJS.Timeout | undefined
  #beats = 0
  #last: Beat | undefined
  #isInterrupted = false
  #renewAt = 0
  readonly #refusals = new Map<string, string>()

  constructor(parts: ProbeParts) {
    this.#parts = parts
  }

  /** Why scripts cannot be run just now on the Redis of a topic: whoever asks is refused at once instead of waiting. */
  refusal(topic: string): string | undefined {
    return this.#refusals.get(topic)
  }

  /** Whether there is any such Redis. */
  get refuses(): boolean {
    return this.#refusals.size > 0
  }

  start(): void {
    // What failed before was failing to connect: the connections that there are now are new.
    this.#renewAt = this.#parts.now() + renewMs
    this.#beat()
    this.#timer = setInterval(() => this.#beat(), beatMs).unref()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** A connection has failed: that is known before any beat is missed. */
  trouble(error: unknown): void {
    // What Redis answers itself is no such thing, once it is connected: one whose disk is full refuses a PING.
    if (!this.#timer || !isReply(error)) this.#interrupt(toReason(error))
  }

  /** A beat has come back. */
  onEcho(topic: string, text: string): void {
    const beat = this.#last
    if (beat?.text !== text) return
    beat.missing.delete(topic)
    this.#settle(beat)
  }

  #beat(): void {
    const { topics, now } = this.#parts
    const last = this.#last
    if (last && !isWhole(last) && now() - last.at >= patienceMs) this.#miss(last)
    else if (last && !isWhole(last) && !this.#isInterrupted) return
    if (this.#isInterrupted && now() >= this.#renewAt) {
      this.#renewAt = now() + renewMs
      this.#parts.renew()
    }
    if (last && !last.settled) return
    this.#beats += 1
    const places = topics()
    for (const topic of this.#refusals.keys()) if (!places.includes(topic)) this.#refusals.delete(topic)
    const beat: Beat = {
      text: String(this.#beats),
      at: now(),
      missing: new Set(places),
      unanswered: new Set(places),
      answered: false,
      settled: false,
    }
    this.#last = beat
    void this.#send(beat, places)
  }

  async #send(beat: Beat, topics: readonly string[]): Promise<void> {
    const sent = await Promise.allSettled(topics.map((topic) => this.#sendTo(beat, topic)))
    beat.settled = true
    const failed = sent.find((one) => one.status === 'rejected')
    beat.answered = !failed
    if (failed) this.#interrupt(toReason(failed.reason))
    else this.#settle(beat)
  }

  async #sendTo(beat: Beat, topic: string): Promise<void> {
    try {
      await this.#parts.beat(topic, beat.text)
      this.#refusals.delete(topic)
      beat.unanswered.delete(topic)
    } catch (error) {
      this.#refusals.set(topic, toTrouble(error).message)
      throw error
    }
  }

  #miss(beat: Beat): void {
    const reason = beat.answered ? 'What is published in Redis does not come back.' : 'Redis does not answer.'
    for (const topic of beat.unanswered) this.#refusals.set(topic, reason)
    this.#interrupt(reason)
  }

  #interrupt(reason: string): void {
    if (this.#isInterrupted) return
    this.#isInterrupted = true
    this.#renewAt = this.#parts.now() + renewMs
    // What was sent before says nothing of what comes after.
    if (this.#last) this.#last.text = ''
    this.#parts.onInterrupted(reason)
  }

  #settle(beat: Beat): void {
    if (beat !== this.#last || beat.text === '' || !isWhole(beat) || !this.#isInterrupted) return
    this.#isInterrupted = false
    this.#parts.onRestored()
  }
}

const isWhole = ({ answered, missing }: Beat) => answered && missing.size === 0
