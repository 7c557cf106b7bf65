// @ts-check

/**
 * @typedef {{ offset: number, time: number, data?: unknown, event?: string, key?: string, id?: string }} Message
 * @typedef {{ reason: string, after: string, cursor: string }} Gap
 * @typedef {{ outcome: string, cursor?: string, gap?: Gap, reason?: string }} Opening
 * @typedef {{ code: string, message: string, retryAfterMs?: number }} ErrorBody
 */

/**
 * What a reader tells its panel.
 * @typedef {object} Listener
 * @property {() => void} requested One more request was sent, or a connection opened.
 * @property {(bytes: number) => void} received So many bytes of bodies or frames came.
 * @property {(held: boolean) => void} held Whether a connection is held open just now.
 * @property {(opening: Opening) => void} opened What became of the position asked for; the reader is live.
 * @property {(messages: Message[], delays: number[]) => void} took New messages, and how long those took, in
 *   milliseconds, that were published since the reader opened; the two clocks are taken as equal.
 * @property {(cursor: string) => void} moved The position to resume from.
 * @property {(why: string, ms?: number) => void} waiting The connection is gone; another try follows.
 * @property {(error: ErrorBody | undefined) => void} troubled What computes the channel fails, or works again.
 * @property {(why: string) => void} stopped No further try: it would be refused again, or the channel has ended.
 */

/** How many messages a first read asks for, so that a panel has a past to draw. */
const firstMessages = 60

/** One channel being read over one transport, from a cursor on. What is the same on every transport is here. */
export class Reading {
  /** @param {string} channel @param {string} cursor @param {AbortSignal} signal @param {Listener} listener */
  constructor(channel, cursor, signal, listener) {
    this.channel = channel
    this.cursor = cursor
    this.signal = signal
    this.listener = listener
    /** The next answer is the first since the connection was gone. */
    this.isOpening = true
    /** When the position was found, by the wall clock and by the one that only rises. */
    this.openedAt = 0
    this.goodSince = Number.POSITIVE_INFINITY
  }

  /** Where to read. The position goes into the query, so that every transport asks in the same way. */
  url(/** @type {string} */ as, /** @type {Record<string, string>} */ more = {}) {
    const url = new URL(`/channels/${this.channel}`, location.href)
    if (as !== 'websocket') url.searchParams.set('as', as)
    if (this.cursor) url.searchParams.set('cursor', this.cursor)
    else url.searchParams.set('last', String(firstMessages))
    for (const [name, value] of Object.entries(more)) url.searchParams.set(name, value)
    return url
  }

  /** The server has said what became of the position. @param {Opening} opening */
  opened(opening) {
    if (this.signal.aborted) return
    this.isOpening = false
    this.openedAt = Date.now()
    this.goodSince = performance.now()
    if (opening.cursor) this.moved(opening.cursor)
    this.listener.opened(opening)
  }

  /** Messages came, in order, and the position after them. @param {Message[]} messages @param {string} cursor */
  took(messages, cursor) {
    if (this.signal.aborted) return
    this.moved(cursor)
    if (messages.length === 0) return
    const now = Date.now()
    const delays = messages
      .filter(({ time }) => time > this.openedAt)
      .map(({ time }) => Math.max(0, now - time))
    this.listener.took(messages, delays)
  }

  /** The reader has everything up to here. @param {string} cursor */
  moved(cursor) {
    this.cursor = cursor
    this.listener.moved(cursor)
  }
}
