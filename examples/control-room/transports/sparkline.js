// @ts-check

const width = 240
const height = 56
/** How many values fit. */
const places = 60

/** Draws the last values as a line over an area. The newest is at the right edge, so that nothing jumps as it fills. */
export class Sparkline {
  /** @type {number[]} */
  #levels = []
  #line
  #area

  /** @param {Element} svg */
  constructor(svg) {
    this.#line = /** @type {SVGPathElement} */ (svg.querySelector('.line'))
    this.#area = /** @type {SVGPathElement} */ (svg.querySelector('.area'))
  }

  clear() {
    this.#levels = []
    this.draw(1)
  }

  /** @param {number} level */
  add(level) {
    this.#levels.push(level)
    if (this.#levels.length > places) this.#levels.shift()
  }

  /** Up to a little above the greatest value. @param {number} least The scale reaches at least so far. */
  draw(least) {
    const top = Math.max(least, ...this.#levels.map((level) => level * 1.1))
    const first = places - this.#levels.length
    const points = this.#levels.map((level, index) => {
      const x = ((first + index) / (places - 1)) * width
      const y = height - 1 - (Math.min(level, top) / top) * (height - 3)
      return `${x.toFixed(1)},${y.toFixed(1)}`
    })
    const line = points.length > 1 ? `M${points.join('L')}` : ''
    this.#line.setAttribute('d', line)
    const left = (first / (places - 1)) * width
    this.#area.setAttribute('d', line && `${line}L${width},${height}L${left.toFixed(1)},${height}Z`)
  }
}
