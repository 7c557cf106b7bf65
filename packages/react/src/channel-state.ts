import type { GamutError, Message } from '@gamut/client'
import type { EndReason, Gap } from '@gamut/protocol'

/** What is shown of a channel. It never changes: what comes makes another one. */
export interface ChannelState<Data = unknown> {
  /** The newest ones, the oldest of them first. A snapshot replaces them all. */
  readonly messages: readonly Message<Data>[]
  /** The newest message of each key, where it is known: after a snapshot, or while somebody asks for it. */
  readonly keys?: ReadonlyMap<string, Message<Data>>
  /** The last time that messages did not come, and why (PROTOCOL §5); gone with the next snapshot, or once as many messages have come since as are kept. */
  readonly gap?: Gap | undefined
  /** Nothing more will come. */
  readonly end?: EndReason
  /** It may not be read, or its source fails; gone when something comes. */
  readonly error?: GamutError | undefined
}

/** What is shown of a channel of which nothing is known. */
export const emptyState: ChannelState = { messages: [] }

/** The state with messages that have come, of which `keep` stay; the same object where nothing is to be done. */
export function withMessages(
  state: ChannelState,
  incoming: readonly Message[],
  keep: number,
  isKeyed: boolean,
): ChannelState {
  const known = state.keys
  if (!incoming.length && (known || !isKeyed)) return state
  const messages = [...state.messages, ...incoming].slice(-keep)
  const next = { ...state, messages, ...(incoming.length && { error: undefined }) }
  if (!known && !isKeyed) return next
  const keys = new Map(known)
  for (const message of known ? incoming : messages) {
    const { key = '', deleted } = message
    if (deleted) keys.delete(key)
    else keys.set(key, message)
  }
  return { ...next, keys }
}
