import type { Script } from './scripts/script.js'

/** A way to Redis: scripts there, announcements back. */
export interface Link {
  /** With what the scripts announce. */
  readonly command: 'PUBLISH' | 'SPUBLISH'
  /** What each topic ends in: pub/sub goes through all databases of a Redis, and other logs may be in the others. */
  readonly scope: string
  /** Whether a command would be sent at once. */
  readonly isReady: boolean
  open(): Promise<void>
  /** Runs a script whose keys are all in one slot. Rejects as the client does, or after the deadline. */
  run(script: Script, keys: readonly string[], args: readonly string[]): Promise<unknown>
  /** Of each Redis that logs are on a bucket, to see whether it lives. */
  samples(): readonly number[]
  /** The one of these on the same Redis as a bucket. */
  sampleOf(bucket: number): number
  subscribe(topics: readonly string[]): Promise<void>
  unsubscribe(topics: readonly string[]): void
  /** Makes anew what connections of its own seem well, with all that was subscribed to. */
  renew(): void
  close(): Promise<void>
}

/** What a link tells. */
export interface LinkListener {
  onAnnouncement(topic: string, text: string): void
  /** A connection has failed. */
  onTrouble(error: unknown): void
}
