import type { ChannelName, EndReason, ErrorCode } from '@gamut/protocol'
import type { Identity } from '../../hooks.js'
import { presenceSubject } from '../../own-channels.js'

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

/** Whether a ticket is for a channel: also by being for the one that it tells the presence of. */
export function isTicketFor({ channels }: Pick<TicketPass, 'channels'>, channel: ChannelName): boolean {
  const subject = presenceSubject(channel)
  return channels.includes(channel) || (subject !== undefined && channels.includes(subject))
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
