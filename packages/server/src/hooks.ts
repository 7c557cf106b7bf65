import type { ChannelName } from '@gamut/protocol'
import type { Awaitable } from './awaitable.js'

/** Who is asking, as the application knows it (PROTOCOL §12). */
export interface Identity {
  /** 1 to 255 characters without control characters. Idempotency keys are this identity's own, and it is revoked by this name. */
  readonly id: string
  /** Whatever `authorize` wants to know. Never leaves the server. */
  readonly claims?: Readonly<Record<string, unknown>>
  /** When it ends by itself, in milliseconds since 1970 by the wall clock; reading ends with it. Default: never. */
  readonly expiresAt?: number
  /**
   * A name of the credential that said who this is, like a JWT's `jti`, to revoke that one alone; as long as an `id`.
   * Not the credential itself.
   */
  readonly token?: string
  /** Messages a second that it may publish, in place of the option `publishRate`; `Infinity` for a trusted backend. */
  readonly publishRate?: number
}

/** What somebody wants to do with a channel. */
export type Action = 'read' | 'publish' | 'close' | 'presence'

/** A message that is about to be stored. `data` is its JSON text. */
export interface OutgoingMessage {
  readonly data?: string
  readonly event?: string
  readonly key?: string
  readonly id?: string
  readonly deleted?: true
}

/** What the application plugs in. A hook that throws anything but a `GamutError` refuses with `internal`. */
export interface Hooks {
  /**
   * Says who sends a request; `null` for nobody known. Its body cannot be read. What is neither is the application's
   * fault: `internal`, and logged. Default: nobody is known.
   */
  authenticate?(request: Request): Awaitable<Identity | null>
  /** Whether somebody may do that now. Asked on every way to read and to write over the network. Default: nobody may. */
  authorize?(identity: Identity | null, action: Action, channel: ChannelName): Awaitable<boolean>
  /** Sees a copy of each message before it is stored; may return another one to store in its place, or throw `GamutError` to refuse. */
  onPublish?(
    message: OutgoingMessage,
    context: { readonly channel: ChannelName; readonly identity: Identity | null },
  ): Awaitable<OutgoingMessage | undefined>
}
