import type { Environment, EnvironmentChange } from '@gamut/client'
import type { Clock } from '@gamut/server'

/** What happens to a page or device that a client lives in. Time does not pass by any of it. */
export interface PageControls {
  /** Nobody sees it any more. */
  hide(): void
  /** It is seen again. */
  show(): void
  /** The browser stops all that it does: no timer runs and nothing arrives, until `thaw`. */
  freeze(): void
  thaw(): void
  /** The device sleeps for so long, in milliseconds of virtual time, and tells nobody. */
  sleep(ms: number): void
  /** The network is away: what is open says nothing more, what is new fails. */
  goOffline(): void
  goOnline(): void
  /** It is in another network, by its name, from now on. */
  changeNetwork(name: string): void
}

type Outside = Pick<Environment, 'after' | 'network' | 'isHidden' | 'isOffline' | 'onChange'>

/** A page as a browser holds it: seen or hidden, running or frozen, online or not. */
export class Page implements PageControls, Outside {
  readonly #clock: Clock
  readonly #changed: () => void
  readonly #listeners = new Set<(what: EnvironmentChange) => void>()
  /** Timers that fell due, and ends of connections that could not be told. */
  #overdue = new Set<() => void>()
  #unheard: (() => void)[] = []
  #isHidden = false
  #isStill = false
  #isOffline = false
  #network: string

  constructor(clock: Clock, network: string, changed: () => void) {
    this.#clock = clock
    this.#network = network
    this.#changed = changed
  }

  /** Nothing arrives at it. */
  get isUnreachable(): boolean {
    return this.#isStill || this.#isOffline
  }

  readonly network = () => this.#network
  readonly isHidden = () => this.#isHidden
  readonly isOffline = () => this.#isOffline

  readonly onChange = (listener: (what: EnvironmentChange) => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  readonly after = (ms: number, call: () => void) => {
    const cancel = this.#clock.after(ms, () => {
      if (this.#isStill) this.#overdue.add(call)
      else call()
    })
    return () => {
      cancel()
      this.#overdue.delete(call)
    }
  }

  /** Calls once something can arrive. */
  reach(call: () => void): void {
    if (this.isUnreachable) this.#unheard.push(call)
    else call()
  }

  hide(): void {
    if (this.#isHidden) return
    this.#isHidden = true
    this.#tell('hidden')
  }

  show(): void {
    if (!this.#isHidden) return
    this.#isHidden = false
    this.#tell('visible')
  }

  freeze(): void {
    if (this.#isStill) return
    this.#tell('frozen')
    this.#isStill = true
  }

  thaw(): void {
    if (!this.#isStill) return
    this.#wake()
    this.#tell('shown')
  }

  sleep(ms: number): void {
    if (this.#isStill) return
    this.#isStill = true
    this.#clock.after(ms, () => this.#wake())
  }

  goOffline(): void {
    if (this.#isOffline) return
    this.#isOffline = true
    this.#tell('offline')
  }

  goOnline(): void {
    if (!this.#isOffline) return
    this.#isOffline = false
    this.#tell('online')
    this.#catchUp()
  }

  changeNetwork(name: string): void {
    this.#network = name
  }

  /** Timers that fell due meanwhile come first, as in a browser: they are not late, the page was. */
  #wake(): void {
    if (!this.#isStill) return
    this.#isStill = false
    const due = this.#overdue
    this.#overdue = new Set()
    for (const call of due) call()
    this.#catchUp()
  }

  #catchUp(): void {
    if (this.isUnreachable) return
    const calls = this.#unheard
    this.#unheard = []
    for (const call of calls) call()
    this.#changed()
  }

  #tell(what: EnvironmentChange): void {
    for (const listener of [...this.#listeners]) listener(what)
  }
}
