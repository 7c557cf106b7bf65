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
type Plain<T> = {
  readonly [K in keyof T]: K extends 'channel' | 'cursor' | 'after' ? string : T[K] | undefined
}
type Typed<T extends ServerFrame['type']> = Plain<Omit<Of<T>, 'type'>> & { readonly type: T }

/** What became of the position that a channel was asked from. */
export interface OpenFrame extends Typed<'open'> {
  /** The cursor that the link asked from, `''` for none; absent where it opens again by itself. */
  readonly asked?: string | undefined
}
/** Messages in order, what they follow and where they lead. */
export interface BatchFrame extends Omit<Typed<'batch'>, 'messages'> {
  readonly messages: readonly Entry[]
}
/** Messages will not come. */
export type GapFrame = Typed<'gap'>
/** Nothing more comes of a channel. */
export type EndFrame = Typed<'end'>
/** What moves the reading of a channel. */
export type ReadingFrame = OpenFrame | BatchFrame | GapFrame | EndFrame

/** Why something was refused. */
export interface Refusal {
  /** A code of PROTOCOL §13; `''` where a proxy's answer has none. */
  readonly code: ErrorCode | ''
  readonly message?: string | undefined
  readonly status?: number | undefined
  readonly retryAfterMs?: number | undefined
  /** Whether asking again, unchanged, is of no use. */
  readonly isFinal: boolean
}

/**
 * What every transport tells, in the words of PROTOCOL §7: NDJSON and WebSocket have these frames, polls and SSE are
 * translated. `refused` is one channel of a link that goes on. Kinds that are not known are to be passed over.
 */
export type Frame =
  | ReadingFrame
  | Of<'welcome'>
  | Of<'auth'>
  | Of<'heartbeat'>
  | Of<'reconnect'>
  | { readonly type: 'error'; readonly channel?: string; readonly code: ErrorCode; readonly message: string }
  | ({ readonly type: 'refused'; readonly channel: string } & Refusal)

/** From where and how a channel is to be read. */
export interface Wish {
  /** The position of whoever asks; `''` for none. */
  readonly cursor: string
  /** Where to begin without one: a cursor, `oldest` or `newest`. */
  readonly start?: string | undefined
  /** The last so many messages, where there is neither. */
  readonly last?: number | undefined
  readonly maxRate?: number | undefined
  readonly gap?: 'newest' | undefined
}

/** Channels and how each is wished. */
export type Wishes = Map<string, Wish>

/** Why a link ended, as data: what policy and retry need and nothing else. */
export type LinkEnd =
  | ({ readonly kind: 'refused' } & Refusal)
  /** The server says when to come back: drain, rotation. It never counts against the transport. */
  | { readonly kind: 'sent-away'; readonly retryAfterMs: number }
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

/** The server that is asked, by what and how. */
export interface Server {
  /** Its address, without a slash at the end. */
  readonly url: string
  readonly environment: Environment
  readonly credentials?: RequestCredentials | undefined
  /** How long a held link may say nothing at first, in milliseconds. */
  readonly firstEventMs: number
  /** Polls ask no more often than this, whatever the server says, in milliseconds. */
  pollEveryMs: number
  /** A connection that is silent for longer is cut on this network, in milliseconds; `0` where that is not known. */
  quietMs: number
  /** Who asks: nothing where there are no tokens. Asked before every request; rejects with an end of kind `token`. */
  getToken(): Promise<string | undefined>
}

/** What a link is to read. */
export interface LinkRequest {
  readonly server: Server
  /** The channels as they are wished now: asked again whenever a position is needed. */
  wishes(): Wishes
}

/** Whom a link tells: frames, then exactly one end, nothing after it. */
export interface LinkListener {
  /** The other end was reached: a response that is good so far, a WebSocket that is open. */
  opened(): void
  frame(frame: Frame): void
  /** What was to take its place was refused: it goes on, and is to be told again to change if that was to read more, or `isDue`. */
  delayed(end: LinkEnd, isDue: boolean): void
  ended(end: LinkEnd): void
}

/** What reads over HTTP: one request, or one after the other. */
export interface Round extends LinkRequest, Omit<LinkListener, 'ended' | 'delayed'> {
  /** It is over. */
  readonly signal: AbortSignal
  /** Says by when something is to come, in milliseconds from now; without a time it need not. */
  expect(ms?: number): void
  /** Lets another one take its place. */
  change(): void
}

/** A message to publish; `data` and everything else as PROTOCOL §3 has it. */
export interface Outgoing {
  readonly data?: unknown
  readonly event?: string | undefined
  readonly key?: string | undefined
  readonly id?: string | undefined
  readonly deleted?: true
}

/** What the server says of a stored message. */
export interface Published {
  readonly cursor: string
  readonly offset: number
  readonly time: number
  /** It had been stored before: this was a repeat. */
  readonly replayed?: boolean | undefined
}

/** One open way of reading. */
export interface Link {
  /** The wishes are others now: told first once there are any. Or a channel is to be read anew. What is open stays so until its successor is. */
  change(anew?: string): void
  /** A change takes a request: where there is less to read, what is open goes on. */
  readonly isAsked?: true
  /** Makes sure within a moment that the other end is there. */
  check(): void
  /** Sends a frame of the client's (PROTOCOL §7) and gives what is answered; only a WebSocket has it, while it is open. Rejects with a {@link LinkEnd}. */
  tell?: (<Answer>(frame: object) => Promise<Answer>) | undefined
  close(): void
}

/** A way of reading, as the client sees it. */
export interface Transport {
  readonly name: TransportName
  /** Channels of one link, at most: fewer once the server has said so. */
  maxChannels: number
  /** Whether it can be used here: a WebSocket constructor, a fetch that streams. */
  isPossible(environment: Environment): boolean
  /** Makes a link, which reads from its first `change` on. Never throws; tells everything by the listener, and nothing before it has returned. */
  open(request: LinkRequest, listener: LinkListener): Link
}
