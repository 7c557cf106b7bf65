// @ts-check
import { createRandom } from './random.mjs'

/**
 * The ways to read that come with a browser or with curl, none of them by a library of Gamut.
 * @typedef {'EventSource' | 'WebSocket' | 'curl SSE' | 'curl polls' | 'curl NDJSON'} Way
 *
 * What goes wrong, and when. `kill` is of one node or of both, which stay away for `awayMs`; `restart` kills Redis and
 * starts it, `awayMs` later, with what is on its disk, in some runs together with a node; `promote` lets a replica take over that lags by `lagMs`; `flush` empties Redis.
 * `flip` has a reader go on by another way for `awayMs`.
 * @typedef {(
 *   | { kind: 'kill', nodes: readonly number[], awayMs: number }
 *   | { kind: 'restart', nodes: readonly number[], awayMs: number }
 *   | { kind: 'promote', lagMs: number }
 *   | { kind: 'flush' }
 *   | { kind: 'flip', reader: number, way: Way, awayMs: number }
 * ) & { atMs: number }} Fault
 */

/** All of them. @type {readonly Way[]} */
export const ways = ['EventSource', 'WebSocket', 'curl SSE', 'curl polls', 'curl NDJSON']

const beginMs = 2000
/** Nothing goes wrong in the end, so that what was lost has been told. */
const restMs = 4000
/** About one fault of the servers in so long. */
const slotMs = 7000
const flipEveryMs = 2500

/**
 * Draws a whole run: each fault of Redis once, kills between them, and flips all the time. Equal seeds draw equal runs.
 * @param {{ seed: number, seconds: number }} options
 * @returns {Fault[]} in the order of their times
 */
export function drawPlan({ seed, seconds }) {
  const random = createRandom(seed)
  const endMs = seconds * 1000 - restMs
  return [...drawServerFaults(random, endMs), ...drawFlips(random, endMs)].sort((a, b) => a.atMs - b.atMs)
}

/**
 * One in each slot, so that each meets a system that had a moment to heal.
 * @param {() => number} random
 * @param {number} endMs
 * @returns {Fault[]}
 */
function drawServerFaults(random, endMs) {
  const count = Math.max(5, Math.floor((endMs - beginMs) / slotMs))
  const length = (endMs - beginMs) / count
  const kills = Array.from({ length: count - 3 }, () => /** @type {const} */ ('kill'))
  const kinds = shuffle(random, [.../** @type {const} */ (['restart', 'promote', 'flush']), ...kills])
  let next = random() < 0.5 ? 0 : 1
  return kinds.map((kind, index) => {
    const atMs = Math.round(beginMs + (index + random() * 0.3) * length)
    if (kind === 'promote')
      return { kind, atMs, lagMs: Math.round(300 + random() * Math.min(900, length / 4)) }
    if (kind === 'restart') {
      const nodes = random() < 0.5 ? [] : [next]
      return { kind, atMs, nodes, awayMs: Math.round(length * random() * 0.4) }
    }
    if (kind === 'flush') return { kind, atMs }
    next = 1 - next
    const nodes = random() < 0.2 ? [0, 1] : [next]
    return { kind, atMs, nodes, awayMs: Math.round(length * (0.1 + random() * 0.3)) }
  })
}

/**
 * Reader 5 has no way of its own: it takes one after the other. The others go to another way now and then, and come back.
 * @param {() => number} random
 * @param {number} endMs
 * @returns {Fault[]}
 */
function drawFlips(random, endMs) {
  /** @type {Fault[]} */
  const flips = []
  for (let atMs = beginMs / 2, turn = 1; atMs < endMs; atMs += flipEveryMs, turn += 1) {
    const way = /** @type {Way} */ (ways[turn % ways.length])
    flips.push({ kind: 'flip', atMs: Math.round(atMs), reader: ways.length, way, awayMs: 0 })
    if (turn % 2 === 1) continue
    const reader = Math.floor(random() * ways.length)
    const other = /** @type {Way} */ (
      ways[(reader + 1 + Math.floor(random() * (ways.length - 1))) % ways.length]
    )
    const awayMs = Math.round(1000 + random() * 2000)
    flips.push({ kind: 'flip', atMs: Math.round(atMs + random() * 1000), reader, way: other, awayMs })
  }
  return flips
}

/**
 * @template Item
 * @param {() => number} random
 * @param {readonly Item[]} items
 * @returns {Item[]}
 */
function shuffle(random, items) {
  return items
    .map((item) => ({ item, place: random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item)
}
