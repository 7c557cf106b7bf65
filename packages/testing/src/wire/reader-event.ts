import type { Cursor, EndReason, Gap, GapReason, NewMessage, Outcome } from '@gamut/protocol'
import type { WireEnd } from './raw-connection.js'

/** A message as it came. `data` is its JSON text, byte for byte. */
export interface ReadMessage extends NewMessage {
  readonly offset: number
  /** `0` where the wire has none. */
  readonly tag: string
  /** Absent only in events without an envelope, which carry no time. */
  readonly time?: number
}

/** What became of the position asked for. On a poll only the first answer gives one, as a stream does. */
export interface OpenEvent {
  readonly kind: 'open'
  readonly channel: string
  readonly outcome: Outcome
  /** The position before the first message that follows. Absent where a poll's answer does not say it. */
  readonly cursor?: Cursor
  readonly gap?: Gap
  readonly reason?: GapReason
}

/** One message. */
export interface MessageEvent {
  readonly kind: 'message'
  readonly channel: string
  readonly message: ReadMessage
  /** The position after it. */
  readonly cursor: Cursor
}

/** The end of a batch, after its messages. Server-Sent Events show none. */
export interface BatchEvent {
  readonly kind: 'batch'
  readonly channel: string
  /** Absent from the answers of polls, which follow the position asked for. */
  readonly after?: Cursor
  readonly cursor: Cursor
  readonly count: number
}

/** The end of one answer of a poll or long-poll. */
export interface AnswerEvent {
  readonly kind: 'answer'
  /** 200, or 304 for nothing new. */
  readonly status: number
  readonly count: number
  readonly more: boolean
  readonly closed: boolean
  readonly pollAfterMs: number
}

/** An error of the server, as body, frame or event. */
export interface ErrorEvent {
  readonly kind: 'error'
  /** Of the response that carried it. */
  readonly status?: number
  readonly code: string
  readonly message: string
  readonly channel?: string
  readonly ref?: string | number
  readonly retryAfterMs?: number
}

/** The last event: the connection is gone. */
export interface ClosedEvent {
  readonly kind: 'closed'
  readonly how: WireEnd
  /** Of the response, where one came; 204 says that there is nothing more to read. */
  readonly status?: number
  /** Of the WebSocket's close. */
  readonly code?: number
  readonly message?: string
}

/** What a reader sees, the same on every transport as far as the transport shows it. */
export type ReaderEvent =
  | OpenEvent
  | MessageEvent
  | BatchEvent
  | AnswerEvent
  | ErrorEvent
  | ClosedEvent
  | ({ readonly kind: 'gap'; readonly channel: string } & Gap)
  | { readonly kind: 'skipped'; readonly channel: string; readonly skipped: number }
  | { readonly kind: 'snapshot-end'; readonly channel: string; readonly cursor: Cursor }
  /** The position of several channels, on Server-Sent Events. */
  | { readonly kind: 'position'; readonly cursor: string }
  | { readonly kind: 'heartbeat'; readonly stale: boolean }
  | { readonly kind: 'reconnect'; readonly afterMs: number }
  | { readonly kind: 'auth'; readonly expiresInMs: number }
  | { readonly kind: 'welcome'; readonly node: string; readonly heartbeatMs: number }
  | {
      readonly kind: 'ok'
      readonly ref: string | number
      readonly channel?: string
      readonly cursor?: Cursor
      readonly offset?: number
    }
  | { readonly kind: 'end'; readonly channel: string; readonly reason: EndReason }

/** Events of one kind. */
export type ReaderEventOf<K extends ReaderEvent['kind']> = Extract<ReaderEvent, { readonly kind: K }>
