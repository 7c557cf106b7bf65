import type { ChannelName } from '@gamut/protocol'
import { type Awaitable, isLater } from '../awaitable.js'
import { type AppendResult, type Broker, BrokerUnavailable } from '../broker/broker.js'
import type { Clock } from '../clock.js'
import type { Wheel } from './wheel.js'

/** How often a store that is away is tried, in milliseconds. */
const tryMs = 200
/** As many publishes wait at once; more fail at once, as all do where none waits. */
const maxWaiting = 1000

type Append = Parameters<Broker['append']>

/** What appends need. */
export interface PatientAppendParts {
  readonly broker: Pick<Broker, 'append'>
  readonly clock: Pick<Clock, 'elapsed'>
  readonly wheel: Wheel
  /** How long an append waits for a store that is away, in milliseconds; 0: not at all. */
  readonly patienceMs: number
}

/**
 * Appends, also where the store is away for less than so long. Those of one channel that wait go in the order in which
 * they came, and what comes meanwhile goes behind them. Only what has surely not been stored is tried again.
 */
export class PatientAppend {
  readonly #parts: PatientAppendParts
  readonly #queues = new Map<ChannelName, Promise<unknown>>()
  #waiting = 0

  constructor(parts: PatientAppendParts) {
    this.#parts = parts
  }

  append(...append: Append): Awaitable<AppendResult> {
    const { broker, clock, patienceMs } = this.#parts
    if (patienceMs === 0) return broker.append(...append)
    const until = clock.elapsed() + patienceMs
    if (this.#queues.has(append[0])) return this.#wait(append, until)
    try {
      const appending = broker.append(...append)
      return isLater(appending)
        ? appending.catch((error: unknown) => this.#waitIfAway(append, until, error))
        : appending
    } catch (error) {
      return this.#waitIfAway(append, until, error)
    }
  }

  #waitIfAway(append: Append, until: number, error: unknown): Promise<AppendResult> {
    if (!(error instanceof BrokerUnavailable)) throw error
    return this.#wait(append, until)
  }

  async #wait(append: Append, until: number): Promise<AppendResult> {
    if (this.#waiting >= maxWaiting) throw new BrokerUnavailable('As many publishes wait as may.')
    const [channel] = append
    const before = this.#queues.get(channel)
    this.#waiting++
    const trying = this.#try(append, until, before)
    const turn = trying.catch(() => {})
    this.#queues.set(channel, turn)
    try {
      return await trying
    } finally {
      this.#waiting--
      if (this.#queues.get(channel) === turn) this.#queues.delete(channel)
    }
  }

  async #try(append: Append, until: number, before: Promise<unknown> | undefined): Promise<AppendResult> {
    await before
    const { broker, clock, wheel } = this.#parts
    for (;;) {
      try {
        return await broker.append(...append)
      } catch (error) {
        if (!(error instanceof BrokerUnavailable) || clock.elapsed() >= until) throw error
      }
      await new Promise<void>((resolve) => wheel.after(tryMs, resolve))
    }
  }
}
