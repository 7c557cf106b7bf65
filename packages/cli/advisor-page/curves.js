// @ts-check
import { compare } from './model.js'

/**
 * Which answer holds from one value on: a pattern, or that which comes nearest where nothing meets the need.
 * @typedef {{ from: number, to: number, pattern: import('@gamut/advisor').Pattern, meets: boolean }} Stretch
 * @typedef {{ x: number, decision: import('@gamut/advisor').Decision }} Sample
 * @typedef {{ name: 'readers' | 'stalenessMs', least: number, most: number, isWhole: boolean }} Range
 * @typedef {Pick<import('@gamut/advisor').Advice, 'need' | 'circumstances'>} Question
 */

const samples = 72

/**
 * The decision with one number changed.
 * @param {Question} question
 * @param {Range} range
 * @param {number} x
 */
const decisionAt = ({ need, circumstances }, { name }, x) => compare({ ...need, [name]: x }, circumstances)

/** Whether two decisions are one answer. */
const isSame = (/** @type {Sample} */ a, /** @type {Sample} */ b) =>
  a.decision.chosen.pattern === b.decision.chosen.pattern &&
  a.decision.chosen.meets === b.decision.chosen.meets

/**
 * The two neighbouring values between which an answer changes.
 * @param {Question} question
 * @param {Range} range
 * @param {Sample} before
 * @param {Sample} after
 * @returns {readonly [Sample, Sample]}
 */
function narrow(question, range, before, after) {
  let [low, high] = [before, after]
  const isDone = () => (range.isWhole ? high.x - low.x <= 1 : high.x / low.x < 1.0001)
  for (let step = 0; step < 40 && !isDone(); step++) {
    const middle = Math.sqrt(low.x * high.x)
    const x = range.isWhole ? Math.min(high.x - 1, Math.max(low.x + 1, Math.round(middle))) : middle
    const sample = { x, decision: decisionAt(question, range, x) }
    if (isSame(sample, low)) low = sample
    else high = sample
  }
  return [low, high]
}

/**
 * What all patterns take over a range of one number, and which is the answer where. Between two samples with another
 * answer there are two more, right where it changes.
 * @param {Question} question
 * @param {Range} range
 */
export function curvesOf(question, range) {
  const { least, most, isWhole } = range
  /** @type {Sample[]} */
  const found = []
  for (let index = 0; index <= samples; index++) {
    const exact = least * (most / least) ** (index / samples)
    const x = isWhole ? Math.round(exact) : exact
    const last = found.at(-1)
    if (last?.x === x) continue
    const sample = { x, decision: decisionAt(question, range, x) }
    if (last && !isSame(last, sample)) found.push(...narrow(question, range, last, sample))
    found.push(sample)
  }
  return { samples: found, stretches: stretchesOf(found) }
}

/** @returns {readonly Stretch[]} */
function stretchesOf(/** @type {readonly Sample[]} */ found) {
  /** @type {Stretch[]} */
  const stretches = []
  found.forEach((sample, index) => {
    const before = found[index - 1]
    const last = stretches.at(-1)
    const { pattern, meets } = sample.decision.chosen
    if (last && before && isSame(before, sample)) last.to = sample.x
    else stretches.push({ from: sample.x, to: sample.x, pattern, meets })
  })
  // A stretch goes on until the next one begins.
  return stretches.map((one, index) => ({ ...one, to: stretches[index + 1]?.from ?? one.to }))
}
