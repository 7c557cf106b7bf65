import type { ChannelName } from '@gamut/protocol'

/** Who is asking, as the application knows it. */
export interface Identity {
  readonly id: string
  readonly claims?: Readonly<Record<string, unknown>>
}

/** What somebody wants to do with a channel. */
export type Action = 'read' | 'publish' | 'close' | 'presence'

type Awaitable<T> = T | Promise<T>

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
  /** Says who sends a request; `null` for nobody known. Its body cannot be read. Default: nobody is known. */
  authenticate?(request: Request): Awaitable<Identity | null>
  /** Whether somebody may do that now. Asked on every way to read and to write over the network. Default: nobody may. */
  authorize?(identity: Identity | null, action: Action, channel: ChannelName): Awaitable<boolean>
  /** Sees a copy of each message before it is stored; may return another one to store in its place, or throw `GamutError` to refuse. */
  onPublish?(
    message: OutgoingMessage,
    context: { readonly channel: ChannelName; readonly identity: Identity | null },
  ): Awaitable<OutgoingMessage | undefined>
}
