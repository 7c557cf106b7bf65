// @ts-check
import { curvesOf } from './curves.js'
import { draw, make, write } from './element.js'
import { formatCount, patterns } from './model.js'
import { nearest } from './stops.js'

/**
 * @typedef {import('./curves.js').Range & { title: string, ticks: readonly number[], stops: readonly number[], say: (value: number) => string, sayTick: (value: number) => string }} Axis
 * @typedef {(value: number) => void} Move
 * @typedef {{ x: (value: number) => number, y: (value: number) => number, width: number, height: number, right: number, powers: readonly number[], costOf: (option: import('@gamut/advisor').Option) => number }} Scales
 */

const margin = { top: 30, left: 46, right: 88 }
const plotHeight = 230
const ribbonTop = margin.top + plotHeight + 28
const ribbonHeight = 26
const totalHeight = ribbonTop + ribbonHeight + 24

/** Short names, for labels. */
export const labels = {
  request: 'Request',
  poll: 'Poll',
  'long-poll': 'Long poll',
  sse: 'SSE',
  websocket: 'WebSocket',
}

/** Less than this of a node is nothing. */
const leastCost = 1e-5

/**
 * @param {Axis} axis
 * @param {number} width
 * @param {readonly import('./curves.js').Sample[]} samples
 * @param {boolean} isWeighed
 * @returns {Scales}
 */
function scalesOf(axis, width, samples, isWeighed) {
  /** @type {Scales['costOf']} */
  const costOf = ({ score, nodes }) => Math.max(leastCost, isWeighed ? score : nodes)
  const scores = samples.flatMap(({ decision }) =>
    decision.options.filter(({ possible }) => possible).map(costOf),
  )
  const low = Math.floor(Math.log10(Math.min(...scores, 1)) + 1e-9)
  const high = Math.max(low + 2, Math.ceil(Math.log10(Math.max(...scores, 0.1))))
  const right = width - margin.right
  const across = Math.log(axis.most / axis.least)
  return {
    x: (value) => margin.left + (Math.log(value / axis.least) / across) * (right - margin.left),
    y: (value) => margin.top + ((high - Math.log10(value)) / (high - low)) * plotHeight,
    width,
    height: totalHeight,
    right,
    costOf,
    powers: Array.from({ length: high - low + 1 }, (_, index) => low + index),
  }
}

const at = (/** @type {number} */ value) => value.toFixed(1)

/** Lines of both scales, thinned to what has room. */
function grid(/** @type {Axis} */ axis, /** @type {Scales} */ scales, /** @type {number} */ present) {
  const { x, y, right, powers } = scales
  const every = Math.ceil(powers.length / 6)
  const rows = powers
    .filter((power) => (power - (powers[0] ?? 0)) % every === 0)
    .flatMap((power) => {
      const level = at(y(10 ** power))
      return [
        draw('line', { class: 'rule', x1: margin.left, x2: right, y1: level, y2: level }),
        draw(
          'text',
          { class: 'tick', x: margin.left - 8, y: level, 'text-anchor': 'end', dy: '0.35em' },
          sayLevel(power),
        ),
      ]
    })
  let last = Number.NEGATIVE_INFINITY
  const columns = axis.ticks.flatMap((value) => {
    const place = x(value)
    if (place - last < 46) return []
    last = place
    // The line of the present value would strike it through.
    const isClear = Math.abs(place - x(present)) > 24
    const edge = place - margin.left < 8 ? 'start' : 'middle'
    return [
      draw('line', {
        class: 'rule',
        x1: at(place),
        x2: at(place),
        y1: margin.top + plotHeight,
        y2: margin.top + plotHeight + 5,
      }),
      draw(
        'text',
        { class: 'tick', x: at(place), y: margin.top + plotHeight + 18, 'text-anchor': edge },
        isClear ? axis.sayTick(value) : '',
      ),
    ]
  })
  const unit = draw('text', { class: 'tick', x: margin.left - 8, y: 12, 'text-anchor': 'end' }, 'nodes')
  return [unit, ...rows, ...columns]
}

/** Nodes as short as an axis has room for; below one they are hundredths of one. */
function sayLevel(/** @type {number} */ power) {
  if (power < 0) return `${formatCount(100 * 10 ** power)} %`
  const [unit, zeros] = power < 4 ? ['', 0] : power < 6 ? ['k', 3] : ['M', 6]
  return `${formatCount(10 ** (power - zeros))}${unit}`
}

/**
 * A pattern's line in runs: where it is the answer, where it meets the need, and where it does not.
 * @param {import('@gamut/advisor').Pattern} pattern
 * @param {readonly import('./curves.js').Sample[]} samples
 * @param {Scales} scales
 */
function line(pattern, samples, { x, y, costOf }) {
  /** @type {{ kind: string, points: string[] }[]} */
  const runs = []
  for (const { x: value, decision } of samples) {
    const option = decision.options[patterns.indexOf(pattern)]
    if (!option?.possible) continue
    const isTaken = decision.chosen === option && option.meets
    const kind = isTaken ? 'taken' : option.meets ? 'meets' : 'fails'
    const point = `${at(x(value))} ${at(y(costOf(option)))}`
    const last = runs.at(-1)
    if (last?.kind === kind) last.points.push(point)
    else {
      last?.points.push(point)
      runs.push({ kind, points: [point] })
    }
  }
  return runs.map(({ kind, points }) =>
    draw('path', { class: `line ${kind} of-${pattern}`, d: `M${points.join('L')}` }),
  )
}

/** Names at the ends of lines, pushed apart where they would lie on each other. */
function names(
  /** @type {readonly import('./curves.js').Sample[]} */ samples,
  /** @type {Scales} */ { y, right, costOf },
) {
  const ends = samples.at(-1)?.decision.options.filter(({ possible }) => possible) ?? []
  const placed = ends
    .map((option) => ({ pattern: option.pattern, level: y(costOf(option)) }))
    .sort((a, b) => a.level - b.level)
  const gap = 15
  placed.forEach((one, index) => {
    const above = placed[index - 1]
    if (above) one.level = Math.max(one.level, above.level + gap)
  })
  let floor = margin.top + plotHeight
  for (const one of [...placed].reverse()) {
    one.level = Math.min(one.level, floor)
    floor = one.level - gap
  }
  return placed.map(({ pattern, level }) =>
    draw('text', { class: `name of-${pattern}`, x: right + 8, y: at(level), dy: '0.35em' }, labels[pattern]),
  )
}

/**
 * A stretch of the answer, with its name where there is room.
 * @param {import('./curves.js').Stretch} stretch
 * @param {Scales} scales
 */
function stretchOf({ from, to, pattern, meets }, { x }) {
  const [start, width] = [x(from), Math.max(1, x(to) - x(from))]
  const kind = meets ? `of-${pattern}` : 'none'
  const name = meets ? labels[pattern] : 'nothing'
  const [left, middle] = [at(start), at(start + width / 2)]
  const level = ribbonTop + ribbonHeight / 2
  const place = { x: middle, y: level, dy: '0.35em', 'text-anchor': 'middle' }
  return [
    draw('rect', { class: `stretch ${kind}`, x: left, y: ribbonTop, width: at(width), height: ribbonHeight }),
    ...(width > name.length * 7 + 8 ? [draw('text', { class: `stretch-name ${kind}`, ...place }, name)] : []),
  ]
}

/**
 * The answer along the scale, and the values at which it changes.
 * @param {readonly import('./curves.js').Stretch[]} stretches
 * @param {Axis} axis
 * @param {Scales} scales
 */
function ribbon(stretches, axis, scales) {
  let last = Number.NEGATIVE_INFINITY
  const bottom = ribbonTop + ribbonHeight
  const flips = stretches.slice(1).flatMap(({ from }) => {
    const place = scales.x(from)
    const mark = draw('line', { class: 'flip', x1: at(place), x2: at(place), y1: margin.top, y2: bottom + 4 })
    if (place - last < 52) return [mark]
    last = place
    const text = { class: 'flip-value', x: at(place), y: bottom + 18, 'text-anchor': 'middle' }
    return [mark, draw('text', text, axis.say(from))]
  })
  return [...stretches.flatMap((stretch) => stretchOf(stretch, scales)), ...flips]
}

/**
 * Marks on the lines where the answer changes to them.
 * @param {readonly import('./curves.js').Sample[]} samples
 * @param {readonly import('./curves.js').Stretch[]} stretches
 * @param {Scales} scales
 */
function marks(samples, stretches, { x, y, costOf }) {
  return stretches.slice(1).flatMap(({ from, pattern, meets }) => {
    const sample = samples.find((one) => one.x === from)
    if (!sample || !meets) return []
    const level = y(costOf(sample.decision.chosen))
    return [draw('circle', { class: `mark of-${pattern}`, cx: at(x(from)), cy: at(level), r: 5 })]
  })
}

/** The ribbon in a sentence. */
function describe(
  /** @type {readonly import('./curves.js').Stretch[]} */ stretches,
  /** @type {Axis} */ axis,
) {
  if (!stretches.some(({ meets }) => meets)) return 'Nothing meets the need.'
  const said = stretches.map(({ from, pattern, meets }, index) => {
    const what = meets ? labels[pattern] : 'nothing'
    return index === 0 ? what : `from ${axis.say(from)} on ${what}`
  })
  return `The answer: ${said.join(', ')}${said.length === 1 ? ' throughout' : ''}.`
}

/**
 * A drawing of what patterns cost over one number, whose present value is a line that can be moved.
 * @param {HTMLElement} figure
 * @param {Axis} axis
 * @param {Move} move
 */
export function createChart(figure, axis, move) {
  const picture = draw('svg', { class: 'chart', 'aria-hidden': 'true', height: totalHeight })
  const handle = make('div', {
    class: 'handle',
    role: 'slider',
    tabindex: 0,
    'aria-label': `${axis.title}, in the drawing`,
    'aria-valuemin': axis.least,
    'aria-valuemax': axis.most,
  })
  const value = make('output', { class: 'handle-value', 'aria-hidden': 'true' })
  handle.append(value)
  const words = make('figcaption', { class: 'words' })
  const frame = make('div', { class: 'frame' }, picture, handle)
  figure.append(frame, words)
  /** @type {{ value: number, scales: Scales } | undefined} */
  let shown
  letMove(frame, handle, axis, () => shown, move)
  return (/** @type {import('./curves.js').Question} */ question, /** @type {boolean} */ isWeighed) => {
    const width = frame.clientWidth
    const { samples, stretches } = curvesOf(question, axis)
    const scales = scalesOf(axis, width, samples, isWeighed)
    const present = question.need[axis.name]
    shown = { value: present, scales }
    picture.setAttribute('viewBox', `0 0 ${width} ${totalHeight}`)
    picture.replaceChildren(
      ...ribbon(stretches, axis, scales),
      ...grid(axis, scales, present),
      ...[...patterns].reverse().flatMap((pattern) => line(pattern, samples, scales)),
      ...marks(samples, stretches, scales),
      ...names(samples, scales),
    )
    place(handle, value, axis, present, scales)
    write(words, describe(stretches, axis))
  }
}

/**
 * @param {HTMLElement} handle
 * @param {HTMLElement} value
 * @param {Axis} axis
 * @param {number} present
 * @param {Scales} scales
 */
function place(handle, value, axis, present, { x, right }) {
  const inside = Math.min(axis.most, Math.max(axis.least, present))
  const left = x(inside)
  handle.style.left = `${left}px`
  handle.style.height = `${ribbonTop - 4}px`
  handle.setAttribute('aria-valuenow', String(present))
  handle.setAttribute('aria-valuetext', axis.say(present))
  write(value, axis.say(present))
  // It stays within the picture at both ends.
  const lean = left - margin.left < 30 ? 0 : right - left < 0 ? 100 : 50
  value.style.transform = `translateX(-${lean}%)`
}

/**
 * Lets the line be dragged, and moved by keys.
 * @param {HTMLElement} frame
 * @param {HTMLElement} handle
 * @param {Axis} axis
 * @param {() => { value: number, scales: Scales } | undefined} shown
 * @param {Move} move
 */
function letMove(frame, handle, axis, shown, move) {
  const toValue = (/** @type {PointerEvent} */ event) => {
    const { scales } = shown() ?? {}
    if (!scales) return
    const place = event.clientX - frame.getBoundingClientRect().left
    const share = Math.min(1, Math.max(0, (place - margin.left) / (scales.right - margin.left)))
    const exact = axis.least * (axis.most / axis.least) ** share
    const round = Number(exact.toPrecision(2))
    move(axis.isWhole ? Math.max(1, Math.round(round)) : round)
  }
  frame.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return
    frame.setPointerCapture(event.pointerId)
    handle.focus({ preventScroll: true })
    toValue(event)
    event.preventDefault()
  })
  frame.addEventListener('pointermove', (event) => {
    if (frame.hasPointerCapture(event.pointerId)) toValue(event)
  })
  const steps = new Map([
    ['ArrowRight', 1],
    ['ArrowUp', 1],
    ['ArrowLeft', -1],
    ['ArrowDown', -1],
    ['PageUp', 5],
    ['PageDown', -5],
    ['Home', -1000],
    ['End', 1000],
  ])
  handle.addEventListener('keydown', (event) => {
    const step = steps.get(event.key)
    const { value } = shown() ?? {}
    if (step === undefined || value === undefined) return
    event.preventDefault()
    const to = Math.min(axis.stops.length - 1, Math.max(0, nearest(axis.stops, value) + step))
    move(axis.stops[to] ?? value)
  })
}
