import type { AnySchemas, TransportName } from '@gamut/protocol'
import { type ClientOptions, createClient, type Gamut } from './client.js'
import { longPoll } from './transports/long-poll.js'
import { ndjson } from './transports/ndjson.js'
import { poll } from './transports/poll.js'
import { sse } from './transports/sse.js'
import { websocket } from './transports/websocket.js'

export { type ChannelDefinition, type Channels, defineChannels } from '@gamut/protocol'
export type { Channel, History, HistoryOptions } from './channel.js'
export type { ChannelOptions, Gamut } from './client.js'
export type { Environment, EnvironmentChange, TextStore } from './environment.js'
export { type ClientErrorCode, GamutError } from './error.js'
export type { PublishOptions } from './publish.js'
export type { Invalid, Message, MessageInfo, SubscribeOptions } from './subscription.js'
export type { Published } from './transports/transport.js'
export { type TypedChannels, typed } from './typed.js'

/** How a client of all transports behaves. */
export interface ConnectOptions<Schemas = AnySchemas>
  extends Omit<ClientOptions<Schemas>, 'url' | 'transports'> {
  /** Only this transport, or only these. */
  readonly transport?: TransportName | readonly TransportName[]
}

/** Makes a client of a server that finds a way by itself. Nothing is opened before somebody subscribes. */
export function connect<Schemas = AnySchemas>(
  url: string,
  { transport, ...options }: ConnectOptions<Schemas> = {},
): Gamut<Schemas> {
  const transports = [websocket(), sse(), ndjson(), longPoll(), poll()]
  const chosen =
    transport === undefined
      ? transports
      : [transport].flat().map((name) => {
          return transports.find((one) => one.name === name)
        })
  return createClient({ ...options, url, transports: chosen.filter((one) => one !== undefined) })
}
