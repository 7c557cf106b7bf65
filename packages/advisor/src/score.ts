import type { Calibration } from './calibration.js'
import type { Question } from './complete.js'
import type { Cost } from './cost.js'
import { cycleOf } from './long-poll.js'
import type { Pattern } from './pattern.js'
import type { Settings } from './settings.js'

/** What a pattern costs in one figure, and what it is weighed with. The advice is the least `score` of those that meet the need. */
export interface Score {
  /** Of a node with one core, as the calibration has it: cores, memory and bandwidth together. */
  readonly nodes: number
  /** How much more a pattern is to build, to run and to debug than a plain request: so many times less must it cost. */
  readonly weight: number
  readonly score: number
}

/** Below this share of a node nothing that is cheaper is worth more trouble. */
export const cheapNodes = 0.01
/** A client that sends so often talks: what carries it one way only needs a second way beside it. */
const talksPerSecond = 0.01
/** Polls of the first half minute that are as simple as one request. */
const simplePolls = 2
const halfMinuteMs = 30_000
/** A radio stays awake for so long after anything was sent, in milliseconds. */
const awakeMs = 5000

/**
 * To hold a response is twice a request, to hold a socket three times. A long-poll holds one too, and asks again after
 * each message: it is for where a stream does not get through. What asks often weighs more.
 */
const weights = { request: 1, poll: 1, 'long-poll': 2.2, sse: 2, websocket: 3 } as const

/** Whether clients send so often that one way is not enough. */
export const talks = ({ need }: Question) =>
  need.direction !== 'to-client' && need.clientMessagesPerSecond >= talksPerSecond

/** Whether one weighs less than another by what can be told apart. */
export const isLessTrouble = (one: Pick<Score, 'weight'>, other: Pick<Score, 'weight'>) =>
  one.weight * 1.01 < other.weight

function weightOf(pattern: Pattern, question: Question, settings: Settings): number {
  const { need, circumstances } = question
  if (pattern === 'websocket') return circumstances.platform === 'edge' ? weights.sse : weights.websocket
  const twoWays = talks(question) ? 2 : 1
  if (pattern !== 'poll' && pattern !== 'long-poll') return weights[pattern] * twoWays
  const everyMs =
    pattern === 'poll' ? (settings.pollAfterMs ?? halfMinuteMs) : cycleOf(question, settings).wholeMs
  const asked = Math.min(need.readingMs, halfMinuteMs) / everyMs
  return Math.max(weights[pattern], asked / simplePolls) * twoWays
}

/** How much longer a battery lasts without this: one and up to three times as dear. */
function battery({ need, circumstances }: Question, cost: Cost): number {
  if (!circumstances.onBattery || need.readers === 0) return 1
  const exchanges = (cost.requestsPerSecond + cost.messagesPerSecond) / need.readers
  return 1 + 2 * Math.min(1, (exchanges * awakeMs) / 1000)
}

/** Weighs what a pattern costs. What comes in is kept whatever the pattern, and is not counted here. */
export function scoreOf(
  pattern: Pattern,
  question: Question,
  settings: Settings,
  cost: Cost,
  calibration: Calibration,
): Score {
  const { node } = calibration
  const { cores, memoryBytes, bytesPerSecond } = cost
  const memory = memoryBytes.process + memoryBytes.kernel + memoryBytes.slow + memoryBytes.proxy
  const bytes = bytesPerSecond.down + bytesPerSecond.up + bytesPerSecond.overhead
  const nodes =
    cores.user + cores.kernel + cores.proxy + memory / node.memoryBytes + bytes / node.bytesPerSecond
  const weight = weightOf(pattern, question, settings)
  const score = weight * Math.max(cheapNodes, nodes) * battery(question, cost)
  return { nodes, weight, score }
}
