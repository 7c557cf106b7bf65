import type { Pattern } from '@gamut/advisor'
import type { Samples } from './samples.js'

/** A held reader, as `GET /connections` shows it (PROTOCOL §14). */
export interface Connection {
  readonly id: string | null
  readonly transport: string
  readonly identity: string | null
  readonly address: string
  readonly state: 'live' | 'behind' | 'full'
  readonly since: number
  readonly unsentBytes: number
  readonly unansweredBytes: number
  readonly channels: readonly { readonly channel: string; readonly behind?: number | null }[]
}

/** How many of a transport keep up how. */
export type States = Readonly<Record<Connection['state'], number>>

/** `GET /connections`. */
export interface Connections {
  readonly total: number
  readonly summary: Readonly<Record<string, States>>
  readonly connections: readonly Connection[]
  readonly next?: number
}

/** `GET /nodes`. */
export interface Nodes {
  readonly node: string
  readonly stale?: true
  readonly nodes: readonly {
    readonly node: string
    readonly started: number
    readonly version: string
    readonly connections: number
    readonly channels: number
    readonly ageMs: number
  }[]
}

/** A channel in `GET /advice`. */
export interface ChannelAdvice {
  readonly channel: string
  readonly measured?: {
    readonly forMs: number
    readonly updatesPerSecond: number
    readonly heldNow: Readonly<Record<string, number>>
    readonly polls: { readonly perSecond: number }
    readonly delivered: { readonly perSecond: number; readonly bytesPerSecond: number }
  }
  readonly used?: Pattern
  readonly advice: { readonly pattern: Pattern; readonly isProven: boolean }
  readonly findings: readonly { readonly code: string; readonly text: string }[]
}

/** `GET /advice`. */
export interface Advice {
  readonly channels: readonly ChannelAdvice[]
  readonly next?: string
}

/** What one node says of itself at one moment. */
export interface Snapshot {
  /** By the clock that only rises, in milliseconds. */
  readonly at: number
  /** By the server's own clock, in milliseconds since 1970: whoever looks may have another one. */
  readonly serverNow: number
  readonly samples: Samples
  readonly connections: Connections
  readonly nodes: Nodes
  readonly advice: Advice
}
