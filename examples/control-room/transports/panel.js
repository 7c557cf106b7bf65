// @ts-check
import { formatClock, formatMs } from '../src/format.ts'
import { Cost } from './cost.js'
import { PanelView } from './panel-view.js'
import { part } from './part.js'
import { keepReading } from './readers/keep-reading.js'
import { Reading } from './readers/reading.js'

/**
 * @typedef {import('./readers/reading.js').Opening} Opening
 * @typedef {import('./readers/reading.js').Listener} Listener
 * @typedef {{ title: string, how: string, prepare: (reading: Reading) => import('./readers/keep-reading.js').ReadOnce }} Transport
 */

/** What the reasons of a gap mean (PROTOCOL §5). @type {Readonly<Record<string, string>>} */
const gapTexts = {
  epoch: 'the server began a new log, as a restart does',
  expired: 'what was missed is older than the channel keeps',
  diverged: 'the log was written anew',
  slow: 'this reader fell behind what the channel keeps',
  unknown: 'the cursor is not one of this channel',
}

/** One transport reading the channel that is shown, until it is paused; it goes on from its cursor. */
export class Panel {
  #transport
  #announce
  #view
  #channel = ''
  #cursor = ''
  #cost = new Cost()
  #isPaused = false
  #isResting = false
  /** @type {AbortController | undefined} */
  #reader

  /** @param {HTMLElement} element @param {Transport} transport @param {(name: string, what: string) => void} announce */
  constructor(element, transport, announce) {
    this.#transport = transport
    this.#announce = announce
    this.#view = new PanelView(element, transport.title, transport.how)
    const pause = part(element, 'pause')
    pause.setAttribute('aria-label', `Pause ${transport.title}`)
    pause.addEventListener('click', () => {
      this.#isPaused = !this.#isPaused
      this.#restart()
    })
  }

  /** Shows another channel, from its last messages on; what it costs is counted anew. @param {string} channel */
  read(channel) {
    this.#channel = channel
    this.#cursor = ''
    this.#cost = new Cost()
    this.#view.show(channel, this.#cost)
    this.#restart()
  }

  /** Lets go of the connection while nobody looks, and takes up again where it was. @param {boolean} isResting */
  rest(isResting) {
    if (this.#isResting === isResting) return
    this.#isResting = isResting
    this.#restart()
  }

  #restart() {
    this.#reader?.abort()
    this.#view.held(false)
    this.#view.enter(this.#isPaused ? 'paused' : 'connecting')
    if (this.#isPaused || this.#isResting) return
    this.#reader = new AbortController()
    const reading = new Reading(this.#channel, this.#cursor, this.#reader.signal, this.#listener())
    void keepReading(reading, this.#transport.prepare(reading))
  }

  /** @returns {Listener} */
  #listener() {
    const [view, cost] = [this.#view, this.#cost]
    return {
      requested: () => {
        cost.requests++
        view.refresh()
      },
      received: (bytes) => {
        cost.bytes += bytes
        view.refresh()
      },
      held: (isHeld) => view.held(isHeld),
      opened: (opening) => this.#opened(opening),
      took: (messages, delays) => {
        cost.took(messages.length, delays)
        view.add(messages)
      },
      moved: (cursor) => {
        this.#cursor = cursor
        view.moved(cursor)
      },
      waiting: (why, ms) => {
        view.enter('waiting')
        view.tell(
          '',
          '',
          `${why}, ${ms === undefined ? 'the browser tries again' : `next try in ${formatMs(ms)}`}.`,
        )
        this.#announce(this.#transport.title, 'connection lost')
      },
      troubled: (error) => view.trouble(error?.message),
      stopped: (why) => {
        view.enter('stopped')
        view.tell('', '', `${why}.`)
        this.#announce(this.#transport.title, 'stopped')
      },
    }
  }

  /** @param {Opening} opening */
  #opened({ outcome, gap, reason = gap?.reason }) {
    const at = formatClock(Date.now())
    this.#view.enter('live')
    if (gap || (outcome === 'snapshot' && reason)) {
      const why = gapTexts[reason ?? ''] ?? 'messages are missing'
      this.#view.tell('gap', `gap ${reason}`, `Gap at ${at}: ${why}.`)
      this.#announce(this.#transport.title, `live again with a gap, ${reason}`)
    } else if (outcome === 'resumed') {
      this.#view.tell('resumed', 'resumed', `Resumed at ${at}: nothing is missing.`)
      this.#announce(this.#transport.title, 'live again, nothing is missing')
    } else this.#view.tell('', '', `Reading since ${at}.`)
  }
}
