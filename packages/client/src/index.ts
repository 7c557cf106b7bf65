import type { AnySchemas, InputOf, OutputOf, TransportName } from '@gamut/protocol'
import { type Channel, createChannel } from './channel.js'
import { Client, type ClientOptions } from './client.js'
import { defaultEnvironment } from './environment.js'
import { type ChannelNeed, type ClientStatus, type GuideOptions, PolicyGuide } from './guide.js'
import type { ReadOptions } from './subscription.js'
import type { Tabs } from './tabs.js'
import { longPoll } from './transports/long-poll.js'
import { ndjson } from './transports/ndjson.js'
import { poll } from './transports/poll.js'
import { sse } from './transports/sse.js'
import { websocket } from './transports/websocket.js'
import type { TypedChannels } from './typed.js'

export { type ChannelDefinition, type Channels, defineChannels } from '@gamut/protocol'
export type { Channel, ChannelStatus, History, HistoryOptions } from './channel.js'
export type { Environment, EnvironmentChange, TextStore } from './environment.js'
export { type ClientErrorCode, GamutError } from './error.js'
export type { ChannelNeed, ClientStatus, GuideOptions } from './guide.js'
export type { PublishOptions } from './publish.js'
export type { Invalid, Message, MessageInfo, ReadOptions, SubscribeOptions } from './subscription.js'
export type { Published } from './transports/transport.js'
export { type TypedChannels, typed } from './typed.js'

/** How a channel is read, and by what. */
export interface ChannelOptions extends ReadOptions, ChannelNeed {}

/** A client of one server. */
export interface Gamut<Schemas = AnySchemas> {
  /** A channel by its name, with the types of its definition. Nothing is opened before somebody subscribes. */
  channel<const Name extends string>(
    name: Name,
    options?: ChannelOptions,
  ): Channel<OutputOf<Schemas, Name>, InputOf<Schemas, Name>>
  /** A channel of which the application says what it carries. */
  channel<Data>(name: string, options?: ChannelOptions): Channel<Data>
  /** What it is doing, and why. */
  readonly status: ClientStatus
  /** Tells of every change of the status. Returns how to stop. */
  onStatus(listener: (status: ClientStatus) => void): () => void
  /** The last 50 moves in plain words that may change, the oldest first. What tells them is loaded now. */
  explain(): Promise<string[]>
  /** Goes to a transport by hand; without one the choice is the client's again. */
  move(transport?: TransportName | readonly TransportName[]): void
  /** Ends everything at once. */
  close(): void
}

/** How a client of all transports behaves. */
export interface ConnectOptions<Schemas = AnySchemas>
  extends Omit<ClientOptions, 'url' | 'transports'>,
    GuideOptions {
  /** The channels' definitions, by `typed(defineChannels(…))`: what data is, and how it is read. */
  readonly channels?: TypedChannels<Schemas> | undefined
  /** One connection for all tabs, by `shareTabs(…)` of `@gamut/client/tabs`. */
  readonly tabs?: Pick<Tabs, 'share'> | undefined
}

/** Makes a client of a server that finds a way by itself. Nothing is opened before somebody subscribes. */
export function connect<Schemas = AnySchemas>(
  url: string,
  options: ConnectOptions<Schemas> = {},
): Gamut<Schemas> {
  const own = [websocket(), sse(), ndjson(), longPoll(), poll()]
  const transports = own.map((one) => options.tabs?.share(one) ?? one)
  const client = new Client({ ...options, url, transports }, options.environment ?? defaultEnvironment())
  const { environment } = client
  const guide = new PolicyGuide(client, options)
  client.guide = guide
  const { channels, onError } = options
  const threw = (error: unknown) =>
    client.guard(() => {
      throw error
    })
  const parts = { environment, threw, unheard: (error: unknown) => onError?.(error) }
  const gamut: Gamut = {
    channel: (name: string, given: ChannelOptions = {}) =>
      createChannel({
        client,
        guide,
        name,
        options: given,
        reading: channels?.(name, { ...parts, hold: () => client.subscriptions.get(name)?.hold() }),
      }),
    get status() {
      return guide.status
    },
    onStatus: (listener) => guide.onStatus(listener),
    explain: () => guide.explain(),
    move: (transport) => guide.move(transport),
    close: () => {
      client.close()
      guide.close()
    },
  }
  return gamut as Gamut<Schemas>
}
