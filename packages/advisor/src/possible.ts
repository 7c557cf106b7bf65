import type { Question } from './complete.js'
import { isHeld, type Pattern } from './pattern.js'

/** Why a pattern cannot be used at all, whatever it would cost. */
export type Obstacle =
  | { readonly code: 'nothing-to-read' }
  | { readonly code: 'six-connections'; readonly tabs: number }
  | { readonly code: 'buffered' }
  | { readonly code: 'no-websocket' }
  | { readonly code: 'no-websocket-on-serverless' }
  | { readonly code: 'held-is-billed' }
  | { readonly code: 'cut-too-soon'; readonly afterMs: number }

/** HTTP/1.1 gives an origin six connections, and one must be left for everything else. */
const mostTabs = 5
/** What is cut sooner than this cannot be held, in milliseconds: half of it would be opening anew. */
const leastHeldMs = 5000

function ofHeld(pattern: Pattern, { circumstances }: Question): Obstacle[] {
  const { http, tabsPerUser, platform, proxyBuffers, refusesWebSocket, proxyCutsAfterMs, timeLimitMs } =
    circumstances
  const obstacles: Obstacle[] = []
  const limits = [proxyCutsAfterMs, timeLimitMs].filter((limit) => limit > 0)
  const afterMs = Math.min(Number.POSITIVE_INFINITY, ...limits)
  if (afterMs < leastHeldMs) obstacles.push({ code: 'cut-too-soon', afterMs })
  if (pattern === 'websocket') {
    if (refusesWebSocket) obstacles.push({ code: 'no-websocket' })
    if (platform === 'serverless') obstacles.push({ code: 'no-websocket-on-serverless' })
    return obstacles
  }
  if (platform === 'edge') obstacles.push({ code: 'held-is-billed' })
  if (pattern === 'sse' && proxyBuffers) obstacles.push({ code: 'buffered' })
  if (http === 1.1 && tabsPerUser > mostTabs) obstacles.push({ code: 'six-connections', tabs: tabsPerUser })
  return obstacles
}

/** Why a pattern cannot be used for a question; empty if it can. */
export function obstaclesOf(pattern: Pattern, question: Question): readonly Obstacle[] {
  if (question.need.direction === 'to-server' && pattern !== 'request' && pattern !== 'websocket')
    return [{ code: 'nothing-to-read' }]
  return isHeld(pattern) ? ofHeld(pattern, question) : []
}
