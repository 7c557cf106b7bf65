// @ts-check
import { formatBytes, formatCount, formatMs } from '../src/format.ts'
import { Cost } from './cost.js'
import { measure } from './measures.js'
import { MessageList } from './message-list.js'
import { part, write } from './part.js'
import { Sparkline } from './sparkline.js'

/**
 * @typedef {'connecting' | 'live' | 'waiting' | 'paused' | 'stopped'} State
 * @typedef {'' | 'resumed' | 'gap'} Outcome
 * @typedef {import('./readers/reading.js').Message} Message
 */

/** @type {Readonly<Record<State, string>>} */
const stateTexts = {
  connecting: 'Connecting',
  live: 'Live',
  waiting: 'Reconnecting',
  paused: 'Paused',
  stopped: 'Stopped',
}

/** What a panel shows. Changes are drawn once a frame, however many there are. */
export class PanelView {
  /** @type {State} */
  #state = 'connecting'
  /** @type {Outcome} */
  #outcome = ''
  #chip = ''
  #note = ''
  #trouble = ''
  #cursor = ''
  #isHeld = false
  #cost = new Cost()
  #channel = ''
  /** @type {Message | undefined} */
  #newest
  #frame = 0
  #element
  #sparkline
  #list

  /** @param {HTMLElement} element @param {string} title @param {string} how */
  constructor(element, title, how) {
    this.#element = element
    this.#sparkline = new Sparkline(part(element, 'chart'))
    this.#list = new MessageList(part(element, 'messages'))
    write(part(element, 'title'), title)
    write(part(element, 'how'), how)
  }

  /** Begins anew with a channel. @param {string} channel @param {Cost} cost */
  show(channel, cost) {
    this.#channel = channel
    this.#cost = cost
    this.#cursor = ''
    this.#newest = undefined
    this.#sparkline.clear()
    this.#list.clear()
    this.#element.dataset['view'] = measure(channel, undefined) ? 'chart' : 'messages'
    this.tell('', '', '')
  }

  /** @param {State} state */
  enter(state) {
    this.#state = state
    this.refresh()
  }

  /** What became of the position, as a mark and as a sentence. @param {Outcome} outcome @param {string} chip @param {string} note */
  tell(outcome, chip, note) {
    this.#outcome = outcome
    this.#chip = chip
    this.note(note)
  }

  /** @param {string} text */
  note(text) {
    this.#note = text
    this.refresh()
  }

  /** What computes the channel fails, or no longer does. @param {string} [message] */
  trouble(message = '') {
    this.#trouble = message
    this.refresh()
  }

  /** @param {boolean} isHeld */
  held(isHeld) {
    this.#isHeld = isHeld
    this.refresh()
  }

  /** @param {string} cursor */
  moved(cursor) {
    this.#cursor = cursor
    this.refresh()
  }

  /** @param {Message[]} messages */
  add(messages) {
    this.#newest = messages.at(-1)
    for (const message of messages) {
      const shown = measure(this.#channel, message.data)
      if (shown) this.#sparkline.add(shown.level)
      else this.#list.add(message)
    }
    this.refresh()
  }

  /** Something has changed: draw it with the next frame. */
  refresh() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0
      this.#draw()
    })
  }

  #draw() {
    const { dataset } = this.#element
    dataset['state'] = this.#state
    dataset['outcome'] = this.#outcome
    this.#write('state', stateTexts[this.#state])
    this.#write('chip', this.#chip)
    this.#write('note', this.#trouble || this.#note)
    this.#write('cursor', this.#cursor || '–')
    this.#write('requests', formatCount(this.#cost.requests))
    this.#write('bytes', formatBytes(this.#cost.bytes))
    this.#write('messages-count', formatCount(this.#cost.messages))
    this.#write('held', this.#isHeld ? '1' : '0')
    const { medianMs } = this.#cost
    this.#write('delay', medianMs === undefined ? '–' : formatMs(medianMs))
    const isPaused = this.#state === 'paused'
    const pause = part(this.#element, 'pause')
    pause.setAttribute('aria-pressed', String(isPaused))
    part(this.#element, 'cursor').title = this.#cursor
    if (dataset['view'] === 'chart') this.#drawMeasure()
    else this.#list.draw()
  }

  #drawMeasure() {
    const shown = measure(this.#channel, this.#newest?.data)
    if (!shown) return
    const isKnown = this.#newest !== undefined
    this.#sparkline.draw(shown.least)
    this.#write('label', shown.label)
    this.#write('value', isKnown ? shown.value : '–')
    this.#write('unit', isKnown ? shown.unit : '')
    for (const [index, [name, value]] of shown.facts.entries()) {
      this.#write(`fact-${index}`, name)
      this.#write(`fact-${index}-value`, isKnown ? value : '–')
    }
  }

  /** @param {string} name @param {string} text */
  #write(name, text) {
    write(part(this.#element, name), text)
  }
}
