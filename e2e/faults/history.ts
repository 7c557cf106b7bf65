import type { Cursor, GapReason, Outcome, TransportName } from '@gamut/protocol'

/** What is published: `hash` is over all that a reader gets of it. */
export interface PlannedMessage {
  readonly hash: string
  readonly key?: string
  readonly deleted?: true
}

interface OfPublish {
  readonly publish: string
  readonly channel: string
}

interface OfReader {
  readonly reader: string
  readonly channel: string
}

/** One thing that happened to a publish. `at` is in milliseconds of one clock for the whole history. */
export type PublishEvent = { readonly at: number } & OfPublish &
  (
    | { readonly kind: 'invoked'; readonly messages: readonly PlannedMessage[]; readonly close?: true }
    /** One try; it may have been stored. */
    | { readonly kind: 'unknown'; readonly why: string }
    /** One try, of which surely nothing was stored; it is tried again. */
    | { readonly kind: 'refused'; readonly why: string }
    /** Given up: no try was stored unless one was `unknown`. */
    | { readonly kind: 'failed'; readonly why: string }
    | { readonly kind: 'acknowledged'; readonly cursor: Cursor; readonly offsets: readonly number[] }
  )

/** One thing that a reader was told. */
export type ReadingEvent = { readonly at: number } & OfReader &
  (
    | {
        readonly kind: 'opened'
        readonly outcome: Outcome
        readonly cursor?: Cursor
        readonly gap?: { readonly reason: GapReason; readonly after: string; readonly cursor: Cursor }
        readonly reason?: GapReason
      }
    | {
        readonly kind: 'received'
        readonly transport: TransportName
        readonly cursor: Cursor
        readonly offset: number
        readonly hash: string
        readonly key?: string
        readonly deleted?: true
        /** The token that it was read by. */
        readonly token?: string
      }
    /** The end of a batch, or the position of a set. */
    | { readonly kind: 'moved'; readonly cursor: Cursor }
    | { readonly kind: 'gap'; readonly reason: GapReason; readonly after: string; readonly cursor: Cursor }
    | { readonly kind: 'skipped'; readonly skipped: number }
    | { readonly kind: 'snapshot-end'; readonly cursor: Cursor }
    | { readonly kind: 'ended'; readonly reason: string }
  )

/** One thing that happened around them. */
export type OtherEvent = { readonly at: number } & (
  | { readonly kind: 'fault'; readonly name: string; readonly where: string; readonly on: boolean }
  /**
   * A life of the store begins, or of one channel's log in it. Every cursor of it has this epoch; or it goes on `after` an
   * entry of the one before, whose later ones are lost; or it begins empty and nobody knows yet what its cursors will be.
   */
  | { readonly kind: 'life'; readonly epoch?: string; readonly channel?: string; readonly after?: Cursor }
  /** Entries that the store itself says it wrote behind `after`, up to a cursor. All have its tag. */
  | { readonly kind: 'written'; readonly channel: string; readonly after: Cursor; readonly cursor: Cursor }
  /** A reader has lost its connection, or left it for another transport. */
  | { readonly kind: 'left'; readonly reader: string; readonly why: string }
  /** From then on nothing more may be read by a token; where an epoch is said, of that life of the store alone. What is lost after it was asked for may be the revocation itself. */
  | {
      readonly kind: 'barred'
      readonly token: string
      readonly from: number
      readonly epoch?: string
      readonly asked?: number
    }
  /** A reader stopped for good although it should not, or its server broke the protocol. */
  | { readonly kind: 'gave-up'; readonly reader: string; readonly why: string }
)

/** Whatever is written down. */
export type HistoryEvent = PublishEvent | ReadingEvent | OtherEvent

/** What the checker must know of a channel. */
export interface ChannelTraits {
  readonly keyed: boolean
  /** The log keeps only so many of its newest messages. */
  readonly count?: number
  /** A reader that is behind may be given the newest message of each key only. */
  readonly conflate?: true
  /** The broker itself deletes keys past a number of them. */
  readonly evicts?: true
}

/** What the checker must know of a reader. */
export interface ReaderTraits {
  readonly channels: readonly string[]
  /** Came after everything was over and read all that there was: from the oldest, or the snapshot of a keyed channel. */
  readonly fresh?: 'oldest' | 'snapshot'
  /** Is sent away for good in the middle, so that nobody knows how far it comes. */
  readonly leaves?: true
  /** Nothing is between it and the server, and it takes what comes at once. */
  readonly prompt?: true
}

/** A whole run. */
export interface History {
  readonly channels: ReadonlyMap<string, ChannelTraits>
  readonly readers: ReadonlyMap<string, ReaderTraits>
  readonly events: readonly HistoryEvent[]
  /** The end of each channel's log once everything had come to rest. */
  readonly heads: ReadonlyMap<string, Cursor>
}

/** One promise that was not held. */
export interface Violation {
  readonly rule: string
  readonly says: string
}
