import type { TransportName } from '@gamut/protocol'
import type { BadReason } from './health.js'
import type { Why } from './policy.js'

/**
 * What a client is doing. `stale`: connected to a node that cannot see its store and may be behind. `waiting`: tries
 * again at `retryAt`. `refused`: goes on only when something was mended, such as a token. `closed`: for good.
 */
export type State = 'idle' | 'connecting' | 'live' | 'stale' | 'waiting' | 'offline' | 'closed' | 'refused'

/** Why a status changed; `explain` has the words. */
export type Reason =
  | Why
  | {
      readonly code:
        | BadReason
        | 'first'
        | 'retry'
        | 'lost'
        | 'sent-away'
        | 'unreached'
        | 'unanswered'
        | 'shown'
        | 'online'
        | 'offline'
        | 'hand'
        | 'recovered'
        | 'behind'
        | 'caught-up'
        | 'rest'
        | 'close'
      /** How long that took, where it says something: the silence, the life of the link. */
      readonly ms?: number
    }
  | { readonly code: 'refused'; readonly error: string }

/** What happens to a client. */
export type StatusEvent =
  | { readonly type: 'open' | 'lost' | 'refused'; readonly reason: Reason }
  | { readonly type: 'live'; readonly transport: TransportName; readonly why: Why; readonly reason: Reason }
  | { readonly type: 'wait'; readonly retryAt: number; readonly reason: Reason }
  | { readonly type: 'behind' | 'caught-up' | 'offline' | 'online' | 'rest' | 'close' }

/** What an application is shown of its client. */
export interface Status {
  readonly state: State
  /** The transport; while nothing is connected the last one. */
  readonly transport?: TransportName | undefined
  /** Why this transport was chosen. */
  readonly why?: Why | undefined
  /** When the next try begins, in milliseconds since 1970. */
  readonly retryAt?: number | undefined
  /** Tries since the last time that it was live. */
  readonly attempts: number
  /** Why it became so. */
  readonly reason: Reason
}

/** Before anything was wanted. */
export const firstStatus: Status = { state: 'idle', attempts: 0, reason: { code: 'first' } }

/** Connected, or on the way to it: that can be lost, and may have to wait. */
const busy = 'connecting waiting live stale'
const any = `idle offline refused ${busy}`

/** What each event leads to, and from which states: a missing event is an error of types. In any other it is no news. */
const table: Readonly<Record<StatusEvent['type'], readonly [to: State, from: string]>> = {
  // Beside a link that lives, another one opens.
  open: ['connecting', 'connecting waiting idle offline refused'],
  live: ['live', any],
  behind: ['stale', 'live'],
  'caught-up': ['live', 'stale'],
  lost: ['connecting', busy],
  wait: ['waiting', busy],
  offline: ['offline', `idle refused ${busy}`],
  online: ['connecting', 'offline'],
  refused: ['refused', any],
  rest: ['idle', `offline refused ${busy}`],
  close: ['closed', any],
}

/** The status after an event; the same object if that is no news. */
export function nextStatus(status: Status, event: StatusEvent): Status {
  const { type } = event
  const [state, from] = table[type]
  if (!from.includes(status.state)) return status
  const { transport, why, attempts, retryAt, reason } = {
    ...status,
    retryAt: undefined,
    reason: { code: type },
    ...event,
  } as Status
  const tries = state === 'connecting' ? attempts + 1 : attempts
  return { state, transport, why, retryAt, attempts: /ing/.test(state) ? tries : 0, reason }
}
