import type { Calibration } from './calibration.js'
import type { PlanQuestion } from './plan-complete.js'
import { decideUses, type Load } from './plan-load.js'

/** What servers at the edge of the network would save the users of regions without any, and what they would be billed for. */
export interface EdgeAdvice {
  /** `needed`: what users of these regions see is too old without. `some`: it is seen noticeably sooner with. */
  readonly helps: 'needed' | 'some' | 'no'
  /** Regions without a server, and their users. */
  readonly regions: number
  readonly users: number
  /** Round trips to another region that each of them is spared, and how long that is in milliseconds. */
  readonly saved: {
    readonly opening: { readonly roundTrips: number; readonly ms: number }
    readonly request: { readonly roundTrips: number; readonly ms: number }
    readonly message: { readonly roundTrips: number; readonly ms: number }
  }
  /** In a month, for these readers: what edges are billed by. A WebSocket that may sleep is billed by its messages alone. */
  readonly bills: {
    readonly connectionHours: number
    readonly requests: number
    readonly messages: number
    readonly bytes: number
  }
}

const secondsPerMonth = 730 * 3600
/** What is sooner by this part of what is tolerated is noticed. */
const noticed = 0.1

/** The same question for users who are so far away. */
function asFar(question: PlanQuestion, roundTripMs: number): PlanQuestion {
  const uses = question.uses.map((use) => {
    const { question: asked } = use
    const circumstances = { ...asked.circumstances, roundTripMs, userRegions: 1, serverRegions: 1 }
    return { ...use, question: { ...asked, circumstances } }
  })
  return { ...question, uses }
}

/** Whether an edge helps where there are regions without a server, what it saves and by what it is billed. */
export function edgeOf(load: Load, question: PlanQuestion, calibration: Calibration): EdgeAdvice {
  const { regions } = question
  const far = Math.max(0, regions.users - regions.servers)
  const share = far / regions.users
  const patterns = load.uses.map(({ use }) => use.pattern)
  const fixed = { ...question, uses: question.uses.map((use, at) => ({ ...use, pattern: patterns[at] })) }
  const meetsAt = (ms: number) =>
    decideUses(asFar(fixed, ms), load.users, calibration).map(({ meets }) => meets)
  const here = meetsAt(regions.roundTripMs)
  const there = meetsAt(regions.roundTripMs + regions.betweenMs)
  const isNeeded = here.some((meets, at) => meets && !there[at])
  const isNoticed = question.uses.some(
    ({ question: { need } }) => regions.betweenMs / 2 > noticed * need.stalenessMs,
  )
  const setUps = load.uses.map(({ use: { question: asked } }) => {
    const { http, tls } = asked.circumstances
    return http === 3 ? 2 : tls ? 3 : 2
  })
  const opening = Math.max(...setUps)
  const saved = (roundTrips: number) => ({ roundTrips, ms: Math.round(roundTrips * regions.betweenMs) })
  const perMonth = share * secondsPerMonth
  const sumOf = (of: (use: Load['uses'][number]) => number) =>
    load.uses.reduce((sum, use) => sum + of(use), 0)
  return {
    helps: far === 0 || load.users === 0 ? 'no' : isNeeded ? 'needed' : isNoticed ? 'some' : 'no',
    regions: far,
    users: Math.round(share * load.users),
    saved: { opening: saved(opening), request: saved(1), message: saved(0.5) },
    bills: {
      connectionHours: Math.round(load.held * share * 730),
      requests: Math.round(perMonth * sumOf(({ cost }) => cost.requestsPerSecond)),
      messages: Math.round(perMonth * sumOf(({ cost }) => cost.messagesPerSecond)),
      bytes: Math.round(perMonth * load.bytesPerSecond),
    },
  }
}
