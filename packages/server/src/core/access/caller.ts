import type { ChannelName, EndReason, ErrorCode } from '@gamut/protocol'
import type { Identity } from '../../hooks.js'

/** Who asks, and by what: all that can end what is read for it (PROTOCOL §12). */
export interface Caller {
  readonly identity: Identity | null
  /** What it came by, where that was a ticket: it reads these channels and does nothing else. */
  readonly ticket?: TicketPass
}

/** A ticket as it is known after it was shown: by its hash, never by its text. */
export interface TicketPass {
  readonly hash: string
  readonly channels: readonly ChannelName[]
}

/** Somebody of whom nothing is known, and who therefore never ends. */
export const nobody: Caller = { identity: null }

/** Why somebody may not read on. */
export type Ending = Extract<EndReason, 'auth' | 'revoked'>

/** The error that says the same as an end. */
export const endingCodes = {
  auth: 'unauthenticated',
  revoked: 'revoked',
} as const satisfies Record<Ending, ErrorCode>
