import type { AnySchemas, Cursor, ErrorCode, InputOf } from '@gamut/protocol'
import type { RevokeRequest } from './core/access/revoke-request.js'
import type { IssuedTicket } from './core/access/tickets.js'
import type { Load } from './core/bounds/overload.js'
import type { PresenceMember } from './core/presence/presence.js'
import type { Explanation } from './core/trace/explain.js'
import type { Identity } from './hooks.js'
import type { HttpRequest } from './http/request.js'
import type { Limits } from './options.js'
import type { Logger } from './telemetry/logger.js'
import type { Scrape } from './telemetry/metrics.js'
import type { Reply } from './transports/transport.js'

/** What a publish in process may say besides its data. */
export interface PublishOptions {
  readonly event?: string
  readonly key?: string
  /** Makes the publish repeatable, and is shown to readers. */
  readonly id?: string
  /** Ends the channel for good after this message. */
  readonly close?: boolean
}

/** Where a published message stands. */
export interface PublishResult {
  readonly cursor: Cursor
  readonly offset: number
  /** Milliseconds since 1970. */
  readonly time: number
  /** The message with this id had been stored before. */
  readonly replayed: boolean
}

/** A Gamut server without a socket: requests in, responses out. `serve` and `attach` of `@gamut/server/node` open it to a network. */
export interface Gamut<Schemas = AnySchemas> {
  readonly limits: Limits
  readonly logger: Logger
  /**
   * Resolves once the broker has started; until then requests wait a moment and are refused as `broker_unavailable`, and
   * `/readyz` says no. Rejects if it cannot start: a file in use or damaged, a password that is wrong.
   */
  ready(): Promise<void>
  /** Answers a web standard request; WebSockets need a runtime's own way in. */
  fetch(request: Request): Promise<Response>
  /** Answers a request in the form that runtimes use, held responses and WebSockets too. Never rejects. */
  handle(request: HttpRequest): Promise<Reply>
  /** Whose a request is, from the address of its peer: the `address` of an `HttpRequest` (see `trustedProxies`). */
  clientAddress(peer: string, header: (name: string) => string | undefined): string
  /** As whom the sockets of an address are counted; `undefined` for those that are not, like trusted proxies. */
  peerOf(address: string): string | undefined
  /** Counts what the runtime itself had to refuse, for the metrics. */
  noteRefusal(code: ErrorCode): void
  /** Takes what a runtime measures once a second of its process: a lasting overload turns away what is new (PROTOCOL §10). */
  noteLoad(load: Load): void
  /** Whether a request target belongs to Gamut's routes. */
  owns(target: string): boolean
  /**
   * Appends a message; `data` is anything that `JSON.stringify` takes and the channel's schema lets in. Hooks but
   * `onPublish` are not asked. Throws `GamutError`.
   */
  publish<const Name extends string>(
    channel: Name,
    data: InputOf<Schemas, Name>,
    options?: PublishOptions,
  ): Promise<PublishResult>
  /** Deletes a key of a keyed channel. */
  deleteKey(channel: string, key: string): Promise<PublishResult>
  /** Ends a channel for good: its readers are told, later publishes are refused. */
  close(channel: string): Promise<void>
  /**
   * Makes a ticket with which whoever has it reads these channels as this identity: for a URL, as of a browser's
   * EventSource or WebSocket (PROTOCOL §12). Hooks are not asked for it; `authorize` is, if there is one, at each read.
   */
  issueTicket(identity: Identity, channels: readonly string[]): Promise<IssuedTicket>
  /** Who is there on a channel now, by any node (PROTOCOL §11). To be told of changes read `$presence/{channel}`. */
  presence(channel: string): Promise<PresenceMember[]>
  /**
   * Ends whatever is read for an identity or by a token, on every node, and refuses it from now on (PROTOCOL §12).
   * Resolves when this node knows it, with how long it lasts in milliseconds. Throws `GamutError`.
   */
  revoke(request: RevokeRequest): Promise<number>
  /** The metrics as `/metrics` shows them, for an application that has a route of its own for them. Rejects without the option `metrics`. */
  scrape(): Promise<Scrape>
  /** What became of a message, named by its offset, cursor or id: for a reader by connection, identity or address, or for all. */
  explain(channel: string, message: string | number, reader?: string): Promise<Explanation>
  /** Held connections now. */
  readonly connections: number
  /** Refuses what is new and sends every reader away with a time to come back (PROTOCOL §10). Resolves when all are told. */
  drain(): Promise<void>
  /** Drains and ends everything; nothing can be published or read any more. */
  stop(): Promise<void>
}
