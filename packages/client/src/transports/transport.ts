import type { ErrorCode, ServerFrame, TransportName } from '@gamut/protocol'
import type { Environment } from '../environment.js'

/** A message as it travels (PROTOCOL §15), its data parsed. */
export interface Entry {
  readonly offset: number
  readonly time: number
  readonly tag?: string
  readonly event?: string
  readonly key?: string
  readonly id?: string
  readonly data?: unknown
  readonly deleted?: true
}

type Of<T extends ServerFrame['type']> = Extract<ServerFrame, { readonly type: T }>
type Plain<T> = { readonly [K in keyof T]: K extends 'channel' | 'cursor' | 'after' ? string : T[K] }

/** What became of the position that a channel was asked from. */
export type OpenFrame = Plain<Of<'open'>>
/** Messages in order, what they follow and where they lead. */
export type BatchFrame = Omit<Plain<Of<'batch'>>, 'messages'> & { readonly messages: readonly Entry[] }
/** Messages will not come. */
export type GapFrame = Plain<Of<'gap'>>
/** Nothing more comes of a channel. */
export type EndFrame = Plain<Of<'end'>>

/** What a transport was refused, or the whole link was. */
export interface Refusal {
  /** A code of PROTOCOL §13; `''` where a proxy's answer has none. */
  readonly code: ErrorCode | ''
  readonly message?: string
  readonly status?: number
  readonly retryAfterMs?: number
  /** Whether asking again, unchanged, is of no use. */
  readonly isFinal: boolean
}

/**
 * What every transport tells, in the words of PROTOCOL §7: NDJSON and WebSocket have these frames, polls and SSE are
 * translated. `refused` is one channel of a link that goes on.
 */
export type Frame =
  | OpenFrame
  | BatchFrame
  | GapFrame
  | EndFrame
  | Of<'welcome'>
  | Of<'auth'>
  | Of<'heartbeat'>
  | { readonly type: 'error'; readonly channel: string; readonly code: ErrorCode; readonly message: string }
  | ({ readonly type: 'refused'; readonly channel: string } & Refusal)

/** From where and how a channel is to be read. */
export interface Wish {
  /** A cursor, `oldest` or `newest`; `''` for none. */
  readonly cursor: string
  /** The last so many messages, where there is no cursor. */
  readonly last?: number
  readonly maxRate?: number
  readonly gap?: 'newest'
}

/** Why a link ended, as data: what policy and retry need and nothing else. */
export type LinkEnd =
  | ({ readonly kind: 'refused' } & Refusal)
  /** The server says when to come back: drain, rotation. It never counts against the transport. */
  | { readonly kind: 'sent-away'; readonly afterMs: number }
  /** The network failed, or the other end closed without a word. */
  | { readonly kind: 'cut' }
  /** It was open, but said nothing within its deadline. */
  | { readonly kind: 'mute' }
  /** What came is not of this protocol: a page of a proxy, a captive portal, a truncated body. */
  | { readonly kind: 'garbage'; readonly what: string }
  /** The application gave no token: it rejected, or did not answer in time. */
  | { readonly kind: 'token'; readonly error: unknown }
  /** All its channels have ended. */
  | { readonly kind: 'done' }

/** What a link is to read, and by what. */
export interface LinkRequest {
  /** The server's address, without a slash at the end. */
  readonly url: string
  readonly channels: ReadonlyMap<string, Wish>
  readonly token?: string | undefined
  readonly credentials?: RequestCredentials | undefined
  readonly environment: Environment
}

/** Whom a link tells: frames, then exactly one end, nothing after it. */
export interface LinkListener {
  /** The other end was reached: a response that is good so far, a WebSocket that is open. */
  opened(): void
  frame(frame: Frame): void
  ended(end: LinkEnd): void
}

/** A message to publish; `data` and everything else as PROTOCOL §3 has it. */
export interface Outgoing {
  readonly data?: unknown
  readonly event?: string
  readonly key?: string
  readonly id: string
  readonly deleted?: true
}

/** What the server says of a stored message. */
export interface Published {
  readonly cursor: string
  readonly offset: number
  readonly time: number
  /** It had been stored before: this was a repeat. */
  readonly replayed?: true
}

/** One open way of reading. */
export interface Link {
  /** Adds and removes channels without a new link; only a WebSocket has it. What is in both is read anew. */
  readonly change?: (add: ReadonlyMap<string, Wish>, remove: readonly string[]) => void
  /** Publishes over the link; only a WebSocket has it. Rejects with a {@link Refusal}, or with a {@link LinkEnd} where no answer came. */
  readonly publish?: (channel: string, message: Outgoing) => Promise<Published>
  /** Goes on by a new token; only a WebSocket has it. Rejects with a {@link Refusal}. */
  readonly renew?: (token: string) => Promise<unknown>
  /** Asks whether the other end is there; only a WebSocket has it. */
  readonly check?: () => Promise<unknown>
  close(): void
}

/** A way of reading, as the client sees it. */
export interface Transport {
  readonly name: TransportName
  /** Channels of one link, at most. */
  readonly maxChannels: number
  /** Whether links live by heartbeats, so that silence says something. A poll is watched by itself. */
  readonly isHeld: boolean
  /** Whether it can be used here: a WebSocket constructor, a fetch that streams. */
  isPossible(environment: Environment): boolean
  /** Opens a link that reads these channels. Never throws; tells everything by the listener, and nothing before it has returned. */
  open(request: LinkRequest, listener: LinkListener): Link
}
