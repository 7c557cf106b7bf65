import type { Frame, Link, LinkEnd, LinkListener, LinkRequest, Transport } from './transports/transport.js'

/** Silence of a held link before the server's own measure is known (PROTOCOL §10), in milliseconds. */
const defaultHeartbeatMs = 15_000
/** How many heartbeats may be missed: two lost and one late. */
const silentBeats = 2.5

/** How a link's life was, for whoever judges transports. */
export interface LinkLife {
  readonly kind: LinkEnd['kind']
  readonly opened: boolean
  readonly heard: boolean
  readonly livedMs: number
  readonly idleMs: number
  readonly heartbeatMs: number
}

/** Whom a watched link tells. */
export interface LinkWatcher {
  /** `isFirst`: it lives. */
  frame(frame: Frame, isFirst: boolean): void
  ended(end: LinkEnd, life: LinkLife): void
}

/** One open transport, held to the silence that its server allows, its life measured. */
export class WatchedLink implements LinkListener {
  readonly #request: LinkRequest
  readonly #watcher: LinkWatcher
  readonly #isHeld: boolean | undefined
  /** The transport's own. */
  readonly link: Link
  #isOver = false
  #openedAt: number | undefined
  #heardAt: number | undefined
  #heartbeatMs = defaultHeartbeatMs
  #cancel: (() => void) | undefined

  constructor(transport: Transport, request: LinkRequest, watcher: LinkWatcher) {
    this.#request = request
    this.#watcher = watcher
    this.#isHeld = transport.isHeld
    this.link = transport.open(request, this)
  }

  close(): void {
    this.#isOver = true
    this.#cancel?.()
    this.link.close()
  }

  opened(): void {
    this.#openedAt ??= this.#now
  }

  frame(frame: Frame): void {
    if (this.#isOver) return
    const isFirst = this.#heardAt === undefined
    this.#heardAt = this.#now
    if (frame.type === 'welcome') this.#heartbeatMs = frame.heartbeatMs
    if (isFirst && this.#isHeld) this.#listen(this.#heardAt)
    this.#watcher.frame(frame, isFirst)
  }

  ended(end: LinkEnd): void {
    if (this.#isOver) return
    this.close()
    const now = this.#now
    const opened = this.#openedAt ?? now
    const heard = this.#heardAt
    this.#watcher.ended(end, {
      kind: end.kind,
      opened: this.#openedAt !== undefined,
      heard: heard !== undefined,
      livedMs: now - opened,
      idleMs: now - (heard ?? opened),
      heartbeatMs: this.#heartbeatMs,
    })
  }

  get #now(): number {
    return this.#request.environment.elapsed()
  }

  /** Looks again when the link would have been silent for too long. */
  #listen(heardAt: number): void {
    const allowedMs = silentBeats * this.#heartbeatMs
    const leftMs = allowedMs - (this.#now - heardAt)
    this.#cancel = this.#request.environment.after(leftMs, () => {
      if (this.#heardAt === heardAt) this.ended({ kind: 'mute' })
      else this.#listen(this.#heardAt ?? heardAt)
    })
  }
}
