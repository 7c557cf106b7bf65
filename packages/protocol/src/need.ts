/** What a use requires of a channel (PROTOCOL §1); everything may be left open. */
export interface Need {
  readonly direction?: 'to-client' | 'to-server' | 'both'
  /** How often something is published on the channel. */
  readonly updatesPerSecond?: number
  /** How often each client sends. */
  readonly clientMessagesPerSecond?: number
  /** How old what a user sees may be, in milliseconds. */
  readonly stalenessMs?: number
  /** Readers at once. */
  readonly readers?: number
  readonly messageBytes?: number
  readonly loss?: 'may-miss' | 'must-not'
  readonly audience?: 'shared' | 'per-user'
}
