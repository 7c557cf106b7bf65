import type { TransportName } from '@gamut/protocol'
import type { Delay } from './retry.js'
import type { Subscription } from './subscription.js'
import type { Frame, Link, LinkEnd, Refusal } from './transports/transport.js'

/** Which channels are to be read by which transports. */
export type Plan = Map<TransportName, Set<string>>

/** A link and what it is for. */
export interface Held {
  readonly transport: TransportName
  /** What its channels wish besides their positions; over HTTP that is said once for all of a link. */
  readonly manner: string
  /** Where it stands in each of its channels; `undefined` until that has opened. */
  readonly channels: Map<string, string | undefined>
  link: Link
  /** How often it was asked anew since it last brought something. */
  rereads: number
  /** It is to be told that its channels are others. */
  isDue?: boolean
  /** When the last of those left whose messages may still come. */
  leftAt?: number | undefined
  /** When the other end was reached, and when anything last came. */
  openedAt?: number
  heardAt?: number
}

/** What chooses transports for a client. */
export interface Guide {
  /** Says by which transports to read what is wanted. */
  plan(wanted: readonly Subscription[]): Plan
  /**
   * A link has ended by itself. Gives after how long to try again: as is usual, at once, or `undefined` where nothing is
   * to be done. Nothing is usual when it ended for good.
   */
  lost(held: Held, end: LinkEnd, usual: Delay | undefined): number | undefined
  /** Something came over a link. */
  heard?(held: Held, frame: Frame, isFirst: boolean): void
  refused?(refusal: Refusal): void
}
