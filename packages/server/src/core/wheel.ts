import type { Clock } from '../clock.js'

/** How exact a wheel is, in milliseconds: heartbeats and ages need no more. */
const tickMs = 100
/** Timers are late by as many steps only where the event loop was held up. */
const lateSteps = 3

/** What a wheel calls when its time has come: ten thousand of them wait with nothing made for it (I18). */
export interface Waiting {
  /** The wheel's own: the step that it waits for, if it does. */
  step: number | undefined
  due(): void
}

/** One timer for any number of deadlines, in steps of 100 ms. Runs only while there is one. */
export class Wheel {
  readonly #clock: Clock
  readonly #steps = new Map<number, Set<Waiting>>()
  #step = 0
  #cancel: (() => void) | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Calls back once after about so many milliseconds, never early. Returns how to cancel. */
  after(ms: number, call: () => void): () => void {
    const waiting: Waiting = { step: undefined, due: call }
    this.set(waiting, ms)
    return () => this.unset(waiting)
  }

  /** The same for what has one deadline at a time: a new one takes the place of the old one. */
  set(waiting: Waiting, ms: number): void {
    this.unset(waiting)
    if (this.#steps.size === 0) this.#step = Math.floor(this.#clock.elapsed() / tickMs)
    const step = Math.max(this.#step, Math.ceil((this.#clock.elapsed() + ms) / tickMs))
    waiting.step = step
    const all = this.#steps.get(step)
    if (all) all.add(waiting)
    else this.#steps.set(step, new Set([waiting]))
    this.#arm()
  }

  /** Takes a deadline back. */
  unset(waiting: Waiting): void {
    const { step } = waiting
    if (step === undefined) return
    waiting.step = undefined
    const all = this.#steps.get(step)
    if (!all?.delete(waiting) || all.size > 0) return
    this.#steps.delete(step)
    if (this.#steps.size > 0) return
    this.#cancel?.()
    this.#cancel = undefined
  }

  /**
   * Does what is overdue. For whoever must not act before it: timers come after the input that waited while the event
   * loop was held up.
   */
  catchUp(): void {
    if (this.#steps.size > 0 && this.#clock.elapsed() / tickMs > this.#step + lateSteps) this.#turn()
  }

  /** Forgets all deadlines. */
  clear(): void {
    this.#steps.clear()
    this.#cancel?.()
    this.#cancel = undefined
  }

  #arm(): void {
    this.#cancel ??= this.#clock.after(tickMs, () => {
      this.#cancel = undefined
      this.#turn()
      if (this.#steps.size > 0) this.#arm()
    })
  }

  #turn(): void {
    const now = Math.floor(this.#clock.elapsed() / tickMs)
    const due: Set<Waiting>[] = []
    for (; this.#step <= now; this.#step++) {
      const all = this.#steps.get(this.#step)
      if (all) due.push(all)
      this.#steps.delete(this.#step)
    }
    // One that is due may take back another that is due in the same turn, or set it anew.
    for (const all of due) for (const waiting of all) this.#call(waiting, now)
  }

  #call(waiting: Waiting, now: number): void {
    if (waiting.step === undefined || waiting.step > now) return
    waiting.step = undefined
    waiting.due()
  }
}
