import type { ChannelName } from '@gamut/protocol'
import type {
  AppendMessage,
  AppendOptions,
  LogSettings,
  ReadFrom,
  ReadLimit,
  StoredBatch,
} from '@gamut/server'

/** A channel, and what its log has to keep just now: only the node's thread knows. */
export interface Asked {
  readonly channel: ChannelName
  readonly settings: LogSettings
}

/** What the thread that has the file is asked. */
export type StoreRequest =
  | (Asked & {
      readonly kind: 'append'
      readonly messages: readonly AppendMessage[]
      readonly options: AppendOptions
    })
  | (Asked & { readonly kind: 'read'; readonly from: ReadFrom; readonly limit: ReadLimit })
  | { readonly kind: 'heads'; readonly channels: readonly Asked[] }
  | { readonly kind: 'watch' | 'unwatch'; readonly channels: readonly ChannelName[] }
  /** Takes what is too old from these channels. */
  | { readonly kind: 'sweep'; readonly channels: readonly Asked[] }
  /** Which channels to sweep next: some at a time, all in turn. Space that is free goes back to the file system. */
  | { readonly kind: 'due' }

/** Requests that are answered together, after one commit; with the time by the node's clock. */
export interface RequestGroup {
  readonly elapsed: number
  readonly time: number
  readonly requests: readonly StoreRequest[]
}

/** Why a request has no result; its reason is told to publishers, so it names no path. */
export interface Failure {
  readonly reason: string
  /** Whether it may be stored all the same. */
  readonly unknown: boolean
}

/** The answers to a group, one for each request in order. */
export interface AnswerGroup {
  readonly results: readonly ({ readonly value: unknown } | { readonly failure: Failure })[]
  /** What was stored in watched channels, to be announced in this order. */
  readonly batches: readonly StoredBatch[]
  /** What somebody has to know of the file, as sentences. */
  readonly warnings: readonly string[]
}
