export {
  type Appended,
  type AppendMessage,
  type AppendOptions,
  type AppendResult,
  type Broker,
  type BrokerListener,
  BrokerUnavailable,
  type Head,
  type KeyedSettings,
  type LogSettings,
  type ReadFrom,
  type ReadLimit,
  type ReadResult,
  type Retention,
  type StoredBatch,
} from './broker/broker.js'
export { type Clock, systemClock } from './clock.js'
export { GamutError } from './error.js'
