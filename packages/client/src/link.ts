import type { Environment } from './environment.js'
import type { Frame, Link, LinkEnd, LinkListener, Transport, Wish } from './transports/transport.js'

/** Silence of a held link before anything is known of the server's own measure (PROTOCOL §10), in milliseconds. */
const defaultHeartbeatMs = 15_000
/** How many heartbeats may be missed: two lost and one late. */
const silentBeats = 2.5

/** How a link's life was, for whoever judges transports. */
export interface LinkLife {
  readonly opened: boolean
  readonly heard: boolean
  readonly livedMs: number
  readonly idleMs: number
  readonly heartbeatMs: number
}

/** A link that is to be opened and watched. */
export interface LinkPlan {
  readonly transport: Transport
  readonly url: string
  readonly credentials?: RequestCredentials | undefined
  readonly environment: Environment
  /** How long it may say nothing after its opening was asked for, in milliseconds. */
  readonly firstEventMs: number
  /** Asked once, right before it opens. Resolves with `undefined` where there are no tokens. */
  getToken(): Promise<string | undefined>
  /** What to read, asked once, when the token is there: positions move on meanwhile. */
  wishes(): ReadonlyMap<string, Wish>
}

/** Whom a watched link tells. */
export interface LinkWatcher {
  frame(frame: Frame): void
  ended(end: LinkEnd, life: LinkLife): void
}

/** A link, from the question for its token to its end. */
export interface WatchedLink {
  /** The transport's own link, once there is one. */
  readonly link: Link | undefined
  /** Ends it unless something is heard within so many milliseconds. */
  expect(ms: number): void
  close(): void
}

class Watch implements WatchedLink, LinkListener {
  readonly #plan: LinkPlan
  readonly #watcher: LinkWatcher
  #link: Link | undefined
  #isOver = false
  #openedAt: number | undefined
  #heardAt: number | undefined
  #heartbeatMs = defaultHeartbeatMs
  #cancel = () => {}

  constructor(plan: LinkPlan, watcher: LinkWatcher) {
    this.#plan = plan
    this.#watcher = watcher
    void plan.getToken().then(
      (token) => this.#open(token),
      (error: unknown) => this.ended({ kind: 'token', error }),
    )
  }

  get link(): Link | undefined {
    return this.#link
  }

  /** What is heard meanwhile puts it off by the silence that a held link may have. */
  expect(ms: number): void {
    const { environment } = this.#plan
    const since = environment.elapsed()
    this.#cancel()
    this.#cancel = environment.after(ms, () => {
      const heardAt = this.#heardAt
      if (heardAt === undefined || heardAt < since) this.ended({ kind: 'mute' })
      else this.expect(silentBeats * this.#heartbeatMs)
    })
  }

  close(): void {
    this.#isOver = true
    this.#cancel()
    this.#link?.close()
  }

  opened(): void {
    this.#openedAt ??= this.#plan.environment.elapsed()
  }

  frame(frame: Frame): void {
    this.#heardAt = this.#plan.environment.elapsed()
    if (frame.type === 'welcome') this.#heartbeatMs = frame.heartbeatMs
    this.#watcher.frame(frame)
  }

  ended(end: LinkEnd): void {
    if (this.#isOver) return
    this.close()
    const now = this.#plan.environment.elapsed()
    const opened = this.#openedAt ?? now
    this.#watcher.ended(end, {
      opened: this.#openedAt !== undefined,
      heard: this.#heardAt !== undefined,
      livedMs: now - opened,
      idleMs: now - (this.#heardAt ?? opened),
      heartbeatMs: this.#heartbeatMs,
    })
  }

  #open(token: string | undefined): void {
    if (this.#isOver) return
    const { transport, firstEventMs, url, credentials, environment, wishes } = this.#plan
    if (transport.isHeld) this.expect(firstEventMs)
    this.#link = transport.open({ url, channels: wishes(), token, credentials, environment }, this)
  }
}

/** Opens a link and holds it to its deadlines: a first event, then no silence beyond two and a half heartbeats (PROTOCOL §10). */
export function watchLink(plan: LinkPlan, watcher: LinkWatcher): WatchedLink {
  return new Watch(plan, watcher)
}
