import { Client, type ClientOptions } from './client.js'
import { type Environment, plainEnvironment } from './environment.js'
import type { Guide } from './guided.js'
import type { Message, MessageInfo, ReadOptions, SubscribeOptions } from './subscription.js'

export type { ClientOptions } from './client.js'
export {
  defaultEnvironment,
  type Environment,
  type EnvironmentChange,
  type TextStore,
} from './environment.js'
export { type ClientErrorCode, GamutError } from './error.js'
export type { Message, MessageInfo, ReadOptions, SubscribeOptions } from './subscription.js'
export { longPoll } from './transports/long-poll.js'
export { ndjson } from './transports/ndjson.js'
export { poll } from './transports/poll.js'
export { sse } from './transports/sse.js'
export type {
  Frame,
  Link,
  LinkEnd,
  LinkListener,
  LinkRequest,
  Transport,
} from './transports/transport.js'
export { websocket } from './transports/websocket.js'

/** A client that reads and does nothing else. */
export interface Reader {
  /** Tells of each message from now on, and of what else happens. Returns how to stop. */
  subscribe<T = unknown>(
    channel: string,
    listener: (message: Message<T>, info: MessageInfo) => void,
    options?: ReadOptions & SubscribeOptions<T>,
  ): () => void
  /** Ends everything at once. */
  close(): void
}

/** All by the first transport that is possible here, and by the next one when that does not deliver. */
function takeFirst({ transports }: ClientOptions, environment: Environment): Guide {
  let index = 0
  return {
    plan: (wanted) => {
      const possible = transports.filter((one) => one.isPossible(environment))
      const transport = possible[index % possible.length]
      return new Map(transport && [[transport.name, new Set(wanted.map(({ channel }) => channel))]])
    },
    lost: ({ heardAt }, { kind }, usual) => {
      if (/mute|garbage/.test(kind) || (kind === 'cut' && heardAt === undefined)) index++
      return usual?.delayMs
    },
  }
}

/** Makes a client of the transports it is given, the preferred one first, and of nothing else. */
export function createClient(options: ClientOptions): Reader {
  const { environment = plainEnvironment() } = options
  const client = new Client(options, environment)
  client.guide = takeFirst(options, environment)
  return {
    subscribe: (channel, message, rest = {}) => client.listen(channel, rest, { ...rest, message } as never),
    close: () => client.close(),
  }
}
