import type {
  Batch,
  ChannelName,
  Cursor,
  GapReason,
  KeyedSettings,
  NewMessage,
  Retention,
  StoredMessage,
} from '@gamut/protocol'

/** What a broker must know of a channel to keep its log. */
export interface LogSettings {
  readonly retention: Retention
  readonly keyed?: KeyedSettings
  /** Kept only in memory, and of the log only the newest message. */
  readonly volatile: boolean
  /** How long, and for how many of the newest keys, a repeated publish is recognised. */
  readonly idempotency: { readonly windowMs: number; readonly maxKeys: number }
}

/** One message on its way into the log. */
export interface AppendMessage extends NewMessage {
  /** Hash over data, event, key and deletion, present exactly when the message has an `id`. */
  readonly hash?: string
}

/** What an append carries besides its messages. */
export interface AppendOptions {
  /** Whose ids and keys these are: the same key of another publisher is another key. */
  readonly publisher: string
  /** The key of the whole append and the hash over everything in it. */
  readonly idempotency?: { readonly key: string; readonly hash: string }
  /** Ends the channel for good once the messages are in it. */
  readonly close?: true
}

/** Where one message stands in the log. */
export interface Appended {
  readonly offset: number
  readonly time: number
  /** It was there already, by its id or the append's key. */
  readonly replayed: boolean
}

/** What became of an append. A refusal stored nothing of it. */
export type AppendResult =
  | {
      readonly ok: true
      /** The cursor after the newest of these messages; the head for an append without messages. */
      readonly cursor: Cursor
      /** One result per message, in order. */
      readonly messages: readonly Appended[]
      /** Nothing was stored or closed: the whole append was a repetition. */
      readonly replayed: boolean
    }
  | { readonly ok: false; readonly code: 'channel_closed' | 'idempotency_conflict' | 'overloaded' }

/** From where to read. `last: 0` reads nothing and tells the head; `snapshot` is the map of a keyed channel. */
export type ReadFrom = { readonly cursor: Cursor } | { readonly last: number } | 'oldest' | 'snapshot'

/** How much to read at once. At least one message is read if there is one, whatever its size. */
export interface ReadLimit {
  readonly count: number
  readonly bytes: number
}

/** The end of a channel's log. */
export interface Head {
  /** The cursor after the newest entry: what a reader that has everything holds. */
  readonly head: Cursor
  /** The oldest cursor that can still be resumed from. */
  readonly oldest: Cursor
  readonly closed: boolean
}

/** A page of a channel's log. */
export interface ReadResult extends Head {
  /** What the messages follow; the cursor asked for, unless there is a gap. */
  readonly after: Cursor
  /** After the last message; equal to `after` if there is none, except that the last page of a snapshot ends at its head. */
  readonly cursor: Cursor
  readonly messages: readonly StoredMessage[]
  /** Whether another read from `cursor` gives more at once. */
  readonly more: boolean
  /** The cursor asked for cannot be resumed from, and why; the messages are then the oldest that are left. */
  readonly gap?: Extract<GapReason, 'expired' | 'epoch' | 'diverged'>
  /** The last page of a snapshot: `cursor` is the head at which it was taken. */
  readonly snapshotEnd?: true
}

/** New entries of one channel, as a broker tells all nodes. */
export interface StoredBatch extends Pick<Batch, 'channel' | 'after' | 'cursor' | 'messages'> {
  /** The channel has ended with this batch, which may then be without messages. */
  readonly closed?: true
}

/** What a broker tells its node. */
export interface BrokerListener {
  /**
   * Announcements are only a wake-up: one may be lost or come twice; `batch.after` shows both and the hub repairs from
   * the log. A batch without messages that follows its own cursor only says where the head is.
   */
  onBatch(batch: StoredBatch): void
  /** The path is broken, noticed through the path itself (an own probe that must come back), not by a ping. */
  onInterrupted(reason: string): void
  /** The path is whole again: check every watched channel's head. */
  onRestored(): void
}

/**
 * Keeps every channel's messages in order and tells all nodes about new ones. Each MUST is a test of `describeBroker`
 * in `@gamut/testing`. There are no optional methods and no capability flags: a broker keeps all of it. What `append`,
 * `read` and `heads` know at once they may give at once, and throw, in place of a promise.
 *
 * A cursor MUST be resumed from exactly when it stands on an entry of the log, on the entry that retention took last,
 * or, while retention has taken nothing, on the cursor that the log had when it was empty; else the read MUST say
 * `epoch`, `expired` or `diverged` (guarantees: I5, I10).
 */
export interface Broker {
  /** Called once, before anything else. `settings` MAY be asked at any time and answers at once. */
  start(listener: BrokerListener, settings: (channel: ChannelName) => LogSettings): Promise<void>
  /**
   * Stores and announces as one step per channel: each listener is told in log order, and the appends of one node MUST
   * enter a channel in the order of the calls. The answer to an append, and a read, may be ahead of the announcements. Resolves once stored by the broker's promise. Idempotency,
   * `closed` and retention are decided here, in that order; nothing enters a closed channel any more. Rejects only if it cannot be known or done: with
   * `BrokerUnavailable` when nothing was stored, with anything else when that is unknown.
   */
  append(
    channel: ChannelName,
    messages: readonly AppendMessage[],
    options: AppendOptions,
  ): AppendResult | Promise<AppendResult>
  /**
   * Entries after a position, in order. Reading a name that nobody has written MUST create nothing and answer an empty
   * log. On a keyed channel a cursor inside a snapshot goes on with that snapshot, if the log after its head is whole;
   * on any other it is a gap, and `snapshot` is the empty map.
   */
  read(channel: ChannelName, from: ReadFrom, limit: ReadLimit): ReadResult | Promise<ReadResult>
  /** Many at once: 304s and position checks cost one round trip, not one per channel. */
  heads(
    channels: readonly ChannelName[],
  ): ReadonlyMap<ChannelName, Head> | Promise<ReadonlyMap<ChannelName, Head>>
  /** From when it resolves, every append to these channels MUST be announced here. Watching twice is watching. */
  watch(channels: readonly ChannelName[]): Promise<void>
  unwatch(channels: readonly ChannelName[]): void
  close(): Promise<void>
}

/**
 * A broker cannot be reached just now and has stored nothing of what was asked. Its message says why and is told to
 * publishers: it MUST hold no address, path, name of a user or credential. What only the log may know is its `cause`.
 */
export class BrokerUnavailable extends Error {
  override readonly name = 'BrokerUnavailable'
}
