export {
  type ChannelDefinition,
  type ChannelSource,
  type Channels,
  defineChannels,
  type Initial,
  type KeyedSettings,
  type Retention,
} from '@gamut/protocol'
export {
  type Appended,
  type AppendMessage,
  type AppendOptions,
  type AppendResult,
  type Broker,
  type BrokerListener,
  BrokerUnavailable,
  type Head,
  type LogSettings,
  type ReadFrom,
  type ReadLimit,
  type ReadResult,
  type StoredBatch,
} from './broker/broker.js'
export { createMemoryBroker, type MemoryBrokerOptions } from './broker/memory.js'
export { type Clock, systemClock } from './clock.js'
export type { RevokeRequest } from './core/access/revoke-request.js'
export type { IssuedTicket } from './core/access/tickets.js'
export type { Wire } from './core/outbox.js'
export type { PresenceMember } from './core/presence/presence.js'
export type { Reader } from './core/trace/event.js'
export type { Explained, Explanation, ReaderExplained } from './core/trace/explain.js'
export type { Evidence } from './core/trace/sentence.js'
export type { TraceState } from './core/trace/trace.js'
export type { Verdict } from './core/trace/verdict.js'
export { GamutError, toGamutError } from './error.js'
export type { Gamut, PublishOptions, PublishResult } from './gamut.js'
export type { Action, Hooks, Identity, OutgoingMessage } from './hooks.js'
export type { HttpRequest } from './http/request.js'
export { defaultLimits, type GamutOptions, isLimit, type Limits } from './options.js'
export { createGamut } from './server.js'
export { createLogSettings } from './settle-all.js'
export type { Logger } from './telemetry/logger.js'
export {
  type HistogramName,
  type MetricDefinition,
  type MetricName,
  type Metrics,
  metricDefinitions,
  type Sample,
  type Scrape,
} from './telemetry/metrics.js'
export type {
  FrameOwner,
  FrameWire,
  PlainReply,
  Reply,
  StreamReply,
  UpgradeReply,
  WireOwner,
} from './transports/transport.js'
