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
  readonly transport?: TransportName
  /** Why this transport was chosen. */
  readonly why?: Why
  /** When the next try begins, in milliseconds since 1970. */
  readonly retryAt?: number
  /** Tries since the last time that it was live. */
  readonly attempts: number
  /** Why it became so. */
  readonly reason: Reason
}

/** Before anything was wanted. */
export const firstStatus: Status = { state: 'idle', attempts: 0, reason: { code: 'first' } }

type Row = Readonly<Record<StatusEvent['type'], State>>

/** What follows from an event in state `here`, with what is peculiar to it. */
const row = (here: State, own: Partial<Row> = {}): Row => ({
  open: 'connecting',
  live: 'live',
  behind: here,
  'caught-up': here,
  lost: 'connecting',
  wait: 'waiting',
  offline: 'offline',
  online: here,
  refused: 'refused',
  rest: 'idle',
  close: 'closed',
  ...own,
})

/** Every event in every state but the last: what is missing is an error of types. */
const table: Readonly<Record<Exclude<State, 'closed'>, Row>> = {
  idle: row('idle', { lost: 'idle', wait: 'idle', offline: 'idle' }),
  connecting: row('connecting'),
  // Beside a link that lives, another one opens or is lost.
  live: row('live', { open: 'live', behind: 'stale' }),
  stale: row('stale', { open: 'stale', 'caught-up': 'live' }),
  waiting: row('waiting'),
  offline: row('offline', { lost: 'offline', wait: 'offline', online: 'connecting' }),
  refused: row('refused', { lost: 'refused', wait: 'refused', offline: 'refused' }),
}

/** The state after an event. */
export function nextState(state: State, event: StatusEvent['type']): State {
  return state === 'closed' ? state : table[state][event]
}

/** What is news although the state stays: another try, time, transport or fault. */
const renewals: Partial<Record<State, readonly StatusEvent['type'][]>> = {
  connecting: ['open', 'lost'],
  waiting: ['wait'],
  live: ['live'],
  refused: ['refused'],
}

/** The status after an event; the same object if that is no news. */
export function nextStatus(status: Status, event: StatusEvent): Status {
  const { type } = event
  const state = nextState(status.state, type)
  if (state === status.state && !renewals[state]?.includes(type)) return status
  const { retryAt: _, ...kept } = status
  return {
    ...kept,
    state,
    reason: 'reason' in event ? event.reason : { code: event.type },
    attempts: state === 'connecting' ? status.attempts + 1 : state === 'waiting' ? status.attempts : 0,
    ...(type === 'live' && state === 'live' && { transport: event.transport, why: event.why }),
    ...(type === 'wait' && state === 'waiting' && { retryAt: event.retryAt }),
  }
}
