// @ts-check
import { formatClock } from '../src/format.ts'

/** As many as fit into the place of the chart and its number. */
const rows = 4

/** The newest messages of a channel of texts, the newest first. */
export class MessageList {
  /** @type {import('./readers/reading.js').Message[]} */
  #messages = []
  #element

  /** @param {HTMLElement} element */
  constructor(element) {
    this.#element = element
  }

  clear() {
    this.#messages = []
    this.draw()
  }

  /** @param {import('./readers/reading.js').Message} message */
  add(message) {
    this.#messages.unshift(message)
    if (this.#messages.length > rows) this.#messages.pop()
  }

  draw() {
    const items = this.#messages.map(({ time, data }) => {
      const item = document.createElement('li')
      const at = document.createElement('time')
      at.textContent = formatClock(time)
      // What others sent is text, never markup.
      item.append(at, textOf(data))
      return item
    })
    if (items.length === 0) {
      const empty = document.createElement('li')
      empty.className = 'empty'
      empty.textContent = 'No message yet. Publish one below.'
      items.push(empty)
    }
    this.#element.replaceChildren(...items)
  }
}

/** A text, or an object with one; anything else as JSON. @param {unknown} data */
function textOf(data) {
  if (typeof data === 'string') return data
  const text = typeof data === 'object' && data !== null && 'text' in data ? data.text : undefined
  return typeof text === 'string' ? text : JSON.stringify(data ?? null)
}
