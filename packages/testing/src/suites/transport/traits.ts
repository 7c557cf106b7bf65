import type { GapReason, TransportName } from '@gamut/protocol'

/** What tells one transport from another where a rule is the same for all. Tests ask this and never for a name. */
export interface TransportTraits {
  readonly name: TransportName
  /** One connection stays open: it beats, is rotated, and can fall behind. */
  readonly isHeld: boolean
  /** The server keeps count of it while it waits, so it can be refused for want of room. */
  readonly isCounted: boolean
  /** Where batches begin and end can be seen. */
  readonly showsBatches: boolean
  /** How a refusal comes that waiting cannot mend: as a status, or as a frame and a close code. */
  readonly refusal: 'status' | 'close'
  /** How a refusal comes that waiting mends. */
  readonly retryableRefusal: 'status' | 'close' | 'reconnect'
  /** How the want of room is told. */
  readonly overload: 'status' | 'reconnect'
  /** How a reader is told that it has the end of a closed channel already. */
  readonly over: 'end' | 'no-content'
  /** Whether its connection, which can read more, outlives the end of its channels. */
  readonly outlivesEnd: boolean
  /** How a drain sends its reader away. */
  readonly sentAwayBy: 'reconnect' | 'error'
  /** Why a reader that retention has overtaken lost messages. */
  readonly overtaken: GapReason
}

const held = {
  isHeld: true,
  isCounted: true,
  showsBatches: true,
  refusal: 'status',
  retryableRefusal: 'status',
  overload: 'status',
  over: 'end',
  outlivesEnd: false,
  sentAwayBy: 'reconnect',
  overtaken: 'slow',
} as const

const asked = { ...held, isHeld: false, sentAwayBy: 'error', overtaken: 'expired' } as const

/** The differences between transports (PROTOCOL §4 to §7). */
export const transportTraits: Readonly<Record<TransportName, TransportTraits>> = {
  poll: { ...asked, name: 'poll', isCounted: false },
  'long-poll': { ...asked, name: 'long-poll' },
  sse: {
    ...held,
    name: 'sse',
    showsBatches: false,
    retryableRefusal: 'reconnect',
    overload: 'reconnect',
    over: 'no-content',
  },
  ndjson: { ...held, name: 'ndjson' },
  websocket: { ...held, name: 'websocket', refusal: 'close', retryableRefusal: 'close', outlivesEnd: true },
}
