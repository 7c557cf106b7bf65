import type { EndReason, TransportName } from '@gamut/protocol'
import { persist } from './attempts.js'
import type { Client } from './client.js'
import { GamutError } from './error.js'
import type { PolicyGuide } from './guide.js'
import { listen } from './late.js'
import { type PublishOptions, publish } from './publish.js'
import type {
  Invalid,
  Listener,
  Message,
  MessageInfo,
  ReadOptions,
  SubscribeOptions,
} from './subscription.js'
import { channelPath, request } from './transports/ask.js'
import type { Outgoing, Published } from './transports/transport.js'
import type { TypedReading } from './typed.js'

/** How many messages an iteration keeps for a loop that does not take them. */
const maxUnread = 10_000

/** For how long a history is asked for again where something is in its way, in milliseconds. */
const historyMs = 5_000

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

/** How the reading of one channel is. */
export interface ChannelStatus {
  /**
   * `idle`: nobody listens. `connecting`: it is not read just now, and will be. `ended`: nothing more comes. `refused`: it
   * may not be read; whoever listens next has it asked for again.
   */
  readonly state: 'idle' | 'connecting' | 'live' | 'ended' | 'refused'
  /** By what it is read. */
  readonly transport?: TransportName | undefined
  /** Everything up to here was handed over; `''` before anything is known. */
  readonly cursor?: string
  /** How old the last message was when it came, by this clock and the server's; those of snapshots are old, and do not count. */
  readonly lagMs?: number | undefined
  /** Why it has ended or was refused. */
  readonly why?: EndReason | GamutError | undefined
}

/** A channel as an application has it. */
export interface Channel<Output = unknown, Input = Output> extends AsyncIterable<Message<Output>> {
  readonly name: string
  /** How its reading is now, whoever began it. The client's `onStatus` tells when something happens to connections. */
  readonly status: ChannelStatus
  /** Tells of each message from now on, and of what else happens. Returns how to stop. */
  subscribe(
    listener: (message: Message<Output>, info: MessageInfo) => void,
    options?: SubscribeOptions<Output>,
  ): () => void
  /** Publishes; resolves once it is stored, and is tried again under one id while that is not known. */
  publish(data: Input, options?: PublishOptions): Promise<Published>
  /** Of a keyed channel: removes the key. */
  remove(key: string, options?: Omit<PublishOptions, 'key'>): Promise<Published>
  /** Reads a part of the log, without a subscription. What only passes is tried again for 5 s; a try has 15 s. */
  history(options?: HistoryOptions): Promise<History<Output>>
}

/** A channel as this package's own entries have it. */
export interface OwnChannel {
  readonly name: string
  readonly client: Client
}

/** Messages in order for a loop. It ends with the channel, and throws what ends it otherwise: a gap too, as a loop cannot be told. */
async function* iterate<T>(
  listen: (listener: Listener) => () => void,
  closing: AbortSignal,
): AsyncGenerator<Message<T>, void> {
  const unread: Message[] = []
  let over: GamutError | true | undefined
  let wake = () => {}
  const end = (why: GamutError | true) => {
    over ??= why
    wake()
  }
  const close = () => end(new GamutError('closed'))
  closing.addEventListener('abort', close)
  if (closing.aborted) close()
  const stop = listen({
    message: (message) => {
      // What comes behind its end is not for the loop: it would follow on a gap that nobody has told of.
      if (over !== undefined || unread.push(message) > maxUnread) end(new GamutError('behind'))
      wake()
    },
    onGap: ({ reason }) => end(new GamutError('gap', reason)),
    onEnd: () => end(true),
    onError: (error) => error.code === 'source_failed' || end(error),
  })
  try {
    while (unread.length || !over) {
      if (unread.length) yield unread.shift() as Message<T>
      else
        await new Promise<void>((resolve) => {
          wake = resolve
        })
    }
    if (over !== true) throw over
  } finally {
    closing.removeEventListener('abort', close)
    stop()
  }
}

/** Reads a part of a channel's log by one poll (PROTOCOL §4). */
async function history(
  client: Client,
  name: string,
  reading: TypedReading | undefined,
  { after, limit = 100 }: HistoryOptions = {},
): Promise<History<never>> {
  const from = after === undefined ? { last: `${limit}` } : { cursor: after }
  const query = new URLSearchParams({ as: 'poll', limit: `${limit}`, ...from })
  const ask = async (signal: AbortSignal) => {
    const response = await request(client.server, `${channelPath(name)}?${query}`, undefined, { signal })
    return (await response.json()) as History<never>
  }
  const { messages, cursor, more, gap } = await persist(client, historyMs, ask)
  const read = (await reading?.all(messages)) as Partial<History<never>> | undefined
  return { messages, ...read, cursor, more, ...(gap && { gap }) }
}

function statusOf({ subscriptions, links, closing }: Client, name: string): ChannelStatus {
  const subscription = subscriptions.get(name)
  if (!subscription?.isHeard || closing.signal.aborted) return { state: 'idle' }
  const { cursor, lagMs, finished: why } = subscription
  const transport = [...links].findLast(({ channels }) => channels.get(name) !== undefined)?.transport
  const over = typeof why === 'string' ? 'ended' : 'refused'
  return { state: why ? over : transport ? 'live' : 'connecting', transport, cursor, lagMs, why }
}

/** What an application's channel is made of. */
export interface ChannelParts {
  readonly client: Client
  readonly name: string
  readonly options: ReadOptions
  /** How it is read by its definition, if it has one. */
  readonly reading: TypedReading | undefined
  /** Knows where to begin, and is told of what is published. */
  readonly guide: Pick<PolicyGuide, 'keptCursor' | 'sends'>
}

/** What an application has of a channel. */
export function createChannel(parts: ChannelParts): Channel<never, unknown> & OwnChannel {
  const { client, guide, name, options, reading } = parts
  const listenRaw = (listener: Listener) => listen(client, name, options, listener, guide.keptCursor(name))
  const listenTyped = reading?.listen(listenRaw) ?? listenRaw
  const send = ({ signal, ...message }: Outgoing & Pick<PublishOptions, 'signal'>) => {
    guide.sends(name)
    return publish(client, name, message, signal)
  }
  return {
    name,
    client,
    get status() {
      return statusOf(client, name)
    },
    subscribe: (message, rest) => listenTyped({ ...rest, message } as Listener),
    [Symbol.asyncIterator]: () => iterate(listenTyped, client.closing.signal),
    publish: (data, options) => send({ ...options, data }),
    remove: (key, options) => send({ ...options, key, deleted: true }),
    history: (asked) => history(client, name, reading, asked),
  }
}
