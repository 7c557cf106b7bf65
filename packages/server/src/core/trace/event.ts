import type {
  ChannelName,
  Cursor,
  EndReason,
  ErrorCode,
  Gap,
  GapReason,
  Outcome,
  TransportName,
} from '@gamut/protocol'

/** Who read: as much of it as names somebody, and nothing that lets anybody in. */
export interface Reader {
  /** The connection's id; empty for what holds none: polls and long-polls. */
  readonly id: string
  readonly transport: TransportName
  readonly identity: string | null
  /** Empty where it is not known. */
  readonly address: string
}

/** One message as a trace knows it. */
export interface TracedMessage {
  readonly offset: number
  readonly key?: string
  readonly id?: string
}

/** What a reader was given at once. */
export interface GivenPage {
  readonly after: Cursor
  readonly cursor: Cursor
  readonly count: number
  readonly skipped: number
  /** The offsets that it holds, where that is not all between the two cursors: of a snapshot, or with some left out. */
  readonly kept?: readonly number[]
  /** It is a page of a snapshot. */
  readonly isSnapshot?: true
}

/** How a position was found. */
export interface Opening {
  readonly outcome: Outcome
  readonly cursor: Cursor
  readonly gap?: Gap
  readonly reason?: GapReason
}

interface OfReader {
  readonly reader: Reader
}

/** What happened, besides when and on which channel. Ids, keys and names alone: no data and nothing secret. */
export type Happening =
  | { readonly kind: 'stored'; readonly cursor: Cursor; readonly messages: readonly TracedMessage[] }
  | {
      readonly kind: 'published'
      readonly publisher: string
      readonly messages: readonly TracedMessage[]
      readonly idempotencyKey?: string
      readonly replayed: boolean
    }
  | {
      readonly kind: 'unpublished'
      readonly publisher: string
      readonly ids: readonly string[]
      readonly idempotencyKey?: string
      readonly code: ErrorCode
    }
  | { readonly kind: 'source'; readonly code: ErrorCode }
  | (OfReader & { readonly kind: 'refused'; readonly code: ErrorCode })
  | (OfReader & { readonly kind: 'watched'; readonly cursor: Cursor })
  | (OfReader & { readonly kind: 'open' } & Opening)
  | (OfReader & { readonly kind: 'page'; readonly isPaced: boolean } & GivenPage)
  | (OfReader & { readonly kind: 'gap'; readonly gap: Gap })
  | (OfReader & { readonly kind: 'full'; readonly cursor: Cursor | undefined })
  | (OfReader & {
      readonly kind: 'answer'
      readonly open: Opening
      readonly page: GivenPage
      readonly isPaced: boolean
    })
  | (OfReader & {
      readonly kind: 'end'
      readonly reason: EndReason | 'unsubscribed'
      readonly cursor: Cursor | undefined
    })
  | (OfReader & { readonly kind: 'left'; readonly reason: string; readonly progress: Progress })

/** One thing that happened on a channel. */
export type TraceEvent = Happening & {
  readonly channel: ChannelName
  /** Milliseconds since 1970. */
  readonly at: number
  /** The same moment on the clock that never jumps. */
  readonly elapsed: number
}

/** How far a connection's bytes have come, by `elapsed`. */
export interface Progress {
  /** When bytes were last handed to the runtime. */
  readonly writtenAt: number
  /** Since when the runtime takes no more. */
  readonly fullSince?: number
  /** Whatever was handed over by then has surely arrived: a later ping was answered. */
  readonly answeredTo?: number
  /** Whatever was handed over by then is asked about by a ping that is not answered. */
  readonly askedTo?: number
  /** How long that ping is without its answer, in milliseconds. */
  readonly askedMs?: number
}
