import type { TransportName } from '@gamut/protocol'
import { type ClientOptions, createClient, type Gamut } from './client.js'
import { longPoll } from './transports/long-poll.js'
import { ndjson } from './transports/ndjson.js'
import { poll } from './transports/poll.js'
import { sse } from './transports/sse.js'
import { websocket } from './transports/websocket.js'

export type { Channel, History, HistoryOptions } from './channel.js'
export type { ChannelOptions, Gamut } from './client.js'
export type { Environment, EnvironmentChange, TextStore } from './environment.js'
export { type ClientErrorCode, GamutError } from './error.js'
export type { PublishOptions } from './publish.js'
export type { Message, MessageInfo, SubscribeOptions } from './subscription.js'
export type { Published } from './transports/transport.js'

/** How a client of all transports behaves. */
export interface ConnectOptions extends Omit<ClientOptions, 'url' | 'transports'> {
  /** Only this transport, or only these. */
  readonly transport?: TransportName | readonly TransportName[]
}

/** Makes a client of a server that finds a way by itself. Nothing is opened before somebody subscribes. */
export function connect(url: string, { transport, ...options }: ConnectOptions = {}): Gamut {
  const transports = [websocket(), sse(), ndjson(), longPoll(), poll()]
  const chosen =
    transport === undefined
      ? transports
      : [transport].flat().map((name) => {
          return transports.find((one) => one.name === name)
        })
  return createClient({ ...options, url, transports: chosen.filter((one) => one !== undefined) })
}
