import { GamutError } from './error.js'
import type { PublishOptions } from './publish.js'
import type { Invalid, Listener, Message, MessageInfo, SubscribeOptions } from './subscription.js'
import type { Published } from './transports/transport.js'

/** How many messages an iteration keeps for a loop that does not take them. */
const maxUnread = 10_000

/** A part of what a channel keeps. */
export interface HistoryOptions {
  /** Those after this cursor, or from the `oldest` on; without it the last ones. */
  readonly after?: string
  /** At most so many; 100 if not said, 1,000 at most. */
  readonly limit?: number
}

/** Messages of a channel's log. */
export interface History<T = unknown> {
  readonly messages: readonly Message<T>[]
  /** Those that do not fit the channel's definition. */
  readonly invalid?: readonly Invalid[]
  /** Where to ask for the next ones. */
  readonly cursor: string
  /** Whether there are more now. */
  readonly more: boolean
  /** Messages after the cursor that was asked for are not kept any more. */
  readonly gap?: { readonly reason: string; readonly after: string; readonly cursor: string }
}

/** A channel as an application has it. */
export interface Channel<Output = unknown, Input = Output> extends AsyncIterable<Message<Output>> {
  readonly name: string
  /** Tells of each message from now on, and of what else happens. Returns how to stop. */
  subscribe(
    listener: (message: Message<Output>, info: MessageInfo) => void,
    options?: SubscribeOptions<Output>,
  ): () => void
  /** Publishes; resolves once it is stored, and is tried again under one id while that is not known. */
  publish(data: Input, options?: PublishOptions): Promise<Published>
  /** Of a keyed channel: removes the key. */
  remove(key: string, options?: Omit<PublishOptions, 'key'>): Promise<Published>
  /** Reads a part of the log, without a subscription. */
  history(options?: HistoryOptions): Promise<History<Output>>
}

/** Messages in order for a loop. It ends with the channel, and throws what ends it otherwise, a gap not told of included. */
export async function* iterate<T>(
  listen: (listener: Listener) => () => void,
): AsyncGenerator<Message<T>, void, undefined> {
  const unread: Message[] = []
  let over: GamutError | 'end' | undefined
  let wake = () => {}
  const end = (why: GamutError | 'end') => {
    over ??= why
    wake()
  }
  const stop = listen({
    message: (message) => {
      if (over) return
      unread.push(message)
      if (unread.length > maxUnread) end(new GamutError('behind'))
      wake()
    },
    onGap: (gap) => end(new GamutError('behind', `gap ${gap.reason}`)),
    onEnd: () => end('end'),
    onError: (error) => {
      if (error.code !== 'source_failed') end(error)
    },
  })
  try {
    for (;;) {
      const message = unread.shift()
      if (message) yield message as Message<T>
      else if (over === 'end') return
      else if (over) throw over
      else
        await new Promise<void>((resolve) => {
          wake = resolve
        })
    }
  } finally {
    stop()
  }
}
