import type { TransportName } from '@gamut/protocol'
import type { Environment } from '../environment.js'
import type { Transport } from '../transports/transport.js'
import { Hub } from './hub.js'
import type { Place, Post, Want, Word } from './post.js'
import type { Seat, TabLink } from './tab-link.js'

/** How often it is looked whether anything was heard of who leads, before it is asked, in milliseconds. */
const quietMs = 5000
/** How long an answer may take before a tab reads by itself, in milliseconds. Messages between tabs are not throttled, only timers are. */
const doubtMs = 1000
/** How much longer it waits at least before it takes the lead; at most twice as long, so that of many tabs one is the first. */
const stealMs = 1500

/** What a browser has for tabs of one origin. */
export interface TabsBrowser {
  readonly locks: Pick<LockManager, 'request'>
  readonly BroadcastChannel: typeof BroadcastChannel
}

/** What this tab is among those that share, and why. */
export interface TabsStatus {
  /** `leader`: reads for all; `follower`: another tab does; `alone`: cannot share here; `idle`: reads nothing that could be shared. */
  readonly role: 'idle' | 'leader' | 'follower' | 'alone'
  /**
   * `first`: nobody led before. `passed`: who led has closed, crashed or was frozen. `silent`: who led did not answer.
   * `led`: another tab was there before, or was the next. `missing`: no Web Locks or no BroadcastChannel. `rest`: nothing is read.
   */
  readonly why: 'first' | 'passed' | 'silent' | 'led' | 'missing' | 'rest'
}

/** What a tab needs. */
export interface TabParts {
  readonly browser: TabsBrowser
  /** What tabs have in common: server and identity. */
  readonly name: string
  readonly environment: Environment
  readonly transports: ReadonlyMap<TransportName, Transport>
  changed(status: TabsStatus): void
}

/** One tab: its links, and the reading for all tabs while it leads. */
export class Tab implements Seat {
  /** Tabs cannot share here after all. */
  isMissing = false
  readonly #parts: TabParts
  readonly #id = crypto.randomUUID()
  readonly #links = new Set<TabLink>()
  /** What is said by the one is heard by the other, and by those of all tabs. */
  #mouth: BroadcastChannel | undefined
  #ears: BroadcastChannel | undefined
  #hub: Hub | undefined
  #lock: AbortController | undefined
  /** The newest term that was heard of: what comes of an older one is of a leader that was frozen and does not know. */
  #term = ''
  #isAsking = false
  #isAnswered = false
  #cancelWatch: (() => void) | undefined
  #stopChanges: (() => void) | undefined

  constructor(parts: TabParts) {
    this.#parts = parts
  }

  join(link: TabLink): void {
    this.#links.add(link)
    if (this.#links.size === 1) this.#begin()
    this.#ask()
  }

  want(link: TabLink, places: readonly Place[]): void {
    const { id, transport } = link
    this.#post({ type: 'want', term: this.#term, link: id, transport, places })
  }

  leave(link: TabLink): void {
    this.want(link, [])
    if (this.#links.delete(link) && this.#links.size === 0) this.#rest()
  }

  check(): void {
    this.#hub?.check()
    this.#ask()
  }

  #begin(): void {
    const { environment, browser, name } = this.#parts
    this.#mouth = new browser.BroadcastChannel(name)
    this.#ears = new browser.BroadcastChannel(name)
    this.#ears.onmessage = ({ data }) => this.#hear(JSON.parse(data))
    this.#stopChanges = environment.onChange((what) => {
      // Who cannot run cannot lead, and shall not be handed the lead.
      if (what === 'frozen') this.#resign()
      else if (what === 'shown' && !this.#lock) this.#queue()
    })
    this.#queue()
  }

  #rest(): void {
    this.#resign()
    this.#stopChanges?.()
    this.#cancelWatch?.()
    this.#isAsking = false
    this.#mouth?.close()
    this.#ears?.close()
    this.#mouth = undefined
    this.#parts.changed({ role: 'idle', why: 'rest' })
  }

  /** Gives the lead, or the place in the queue for it, to the next. */
  #resign(): void {
    this.#hub?.close()
    this.#hub = undefined
    this.#lock?.abort()
    this.#lock = undefined
  }

  /** Waits for the lead; with `steal` it is taken. */
  #queue(steal = false): void {
    const { browser, name } = this.#parts
    const own = new AbortController()
    this.#lock = own
    const { signal } = own
    const hold = () =>
      new Promise<void>((resolve) => {
        signal.addEventListener('abort', resolve as () => void)
        if (signal.aborted) resolve()
        else this.#lead(steal ? 'silent' : this.#term ? 'passed' : 'first')
      })
    browser.locks.request(name, steal ? { steal } : { signal }, hold).catch((error) => {
      if (this.#lock !== own) return
      this.#resign()
      // Another tab has taken it, as this one did not answer. Else locks are forbidden: each link comes back as one of its own.
      if (error.name === 'AbortError') this.#queue()
      else {
        this.isMissing = true
        for (const link of [...this.#links]) link.end({ kind: 'sent-away', retryAfterMs: 0 })
      }
    })
  }

  #lead(why: TabsStatus['why']): void {
    const { environment, transports } = this.#parts
    // By the clock, and later than all that was heard of, should the clock have gone back. As texts of one length they compare.
    const heard = Number.parseInt(this.#term, 10) || 0
    this.#term = `${Math.max(1e15 + Math.floor(environment.now()), heard + 1)} ${this.#id}`
    this.#parts.changed({ role: 'leader', why })
    this.#hub = new Hub({
      term: this.#term,
      transports,
      request: () => [...this.#links].at(-1)?.request as never,
      post: (word) => this.#post(word),
    })
  }

  #post(post: Post): void {
    this.#mouth?.postMessage(JSON.stringify(post))
  }

  #hear(post: Want | Word): void {
    const { term } = post
    if (term > this.#term) {
      this.#term = term
      // Somebody leads since: this tab was frozen meanwhile, or its clock went back. Then it comes to lead anew.
      if (this.#hub) {
        this.#resign()
        this.#queue()
      }
    }
    if (post.type === 'want') this.#hub?.take(post)
    else if (term === this.#term) {
      this.#isAnswered = true
      if (!this.#hub) this.#parts.changed({ role: 'follower', why: 'led' })
      for (const link of [...this.#links]) link.take(post)
    }
  }

  /** Asks who leads, and looks after itself where nobody answers. */
  #ask(): void {
    for (const link of this.#links) link.want()
    if (this.#isAsking) return
    this.#isAsking = true
    this.#isAnswered = false
    const { environment } = this.#parts
    this.#later(doubtMs, () => {
      for (const link of [...this.#links]) link.doubt()
      this.#later((1 + environment.random()) * stealMs, () => {
        this.#resign()
        this.#queue(true)
        this.#isAsking = false
        this.#ask()
      })
    })
  }

  /** Goes on after so long, if nobody has answered until then. */
  #later(ms: number, call: () => void): void {
    this.#cancelWatch?.()
    this.#cancelWatch = this.#parts.environment.after(ms, () => {
      if (this.#isAnswered) this.#watch()
      else call()
    })
  }

  /** Asks again once nothing was heard for some time. */
  #watch(): void {
    this.#isAsking = false
    this.#isAnswered = false
    this.#later(quietMs, () => this.#ask())
  }
}
