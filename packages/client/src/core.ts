export { type ChannelDefinition, type Channels, defineChannels } from '@gamut/protocol'
export type { Channel, History, HistoryOptions } from './channel.js'
export { type ChannelOptions, type ClientOptions, createClient, type Gamut } from './client.js'
export {
  defaultEnvironment,
  type Environment,
  type EnvironmentChange,
  type TextStore,
} from './environment.js'
export { type ClientErrorCode, GamutError } from './error.js'
export type { PublishOptions } from './publish.js'
export type { Invalid, Message, MessageInfo, SubscribeOptions } from './subscription.js'
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
  Published,
  Transport,
} from './transports/transport.js'
export { websocket } from './transports/websocket.js'
export { type TypedChannels, typed } from './typed.js'
