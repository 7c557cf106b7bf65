export type { Need } from '@gamut/advisor'
export {
  type AnswerHead,
  type Batch,
  cursorOf,
  type EndReason,
  formatAnswer,
  formatMessages,
  type Gap,
  type GapReason,
  type Outcome,
} from './batch.js'
export { type ChannelName, isServerChannel, parseChannelName } from './channel.js'
export type { InputOf, OutputOf } from './channel-data.js'
export { type BatchHead, type Codec, formatFrame, frameCodec, type Opening } from './codec.js'
export {
  type Cursor,
  type CursorParts,
  formatCursor,
  formatSetCursor,
  isCursor,
  parseCursor,
  parseSetCursor,
} from './cursor.js'
export {
  type AnySchemas,
  type ChannelDefinition,
  type ChannelSource,
  type Channels,
  defineChannels,
  type Initial,
  type KeyedSettings,
  type Retention,
} from './define-channels.js'
export {
  closeCodes,
  type ErrorBody,
  type ErrorCode,
  type ErrorKind,
  errorBody,
  errorKinds,
} from './errors.js'
export {
  type EventStreamFormat,
  eventCodec,
  eventFrameCodec,
  formatPadding,
  formatSetPosition,
} from './event-stream.js'
export {
  type ClientFrame,
  isRate,
  type Open,
  type ParsedFrame,
  type PresenceFrame,
  type PublishedFrame,
  parseClientFrame,
  parseNewMessage,
  type Ref,
  type ServerFrame,
  type SubscribeFrame,
} from './frame.js'
export {
  accepts,
  defaultWaitSeconds,
  maxWaitSeconds,
  mediaTypeOf,
  mediaTypes,
  parseEntityTags,
  parsePreferWait,
  subprotocol,
  type TransportName,
  transports,
} from './http.js'
export {
  formatMessage,
  maxFieldLength,
  messageBytes,
  type NewMessage,
  parseDevice,
  parseEvent,
  parseId,
  parseKey,
  type StoredMessage,
} from './message.js'
export { byExactness, matchPattern, type Pattern, parsePattern, patternHint } from './pattern.js'
export { isJsonObject, parseJson, rawItems, rawMembers, toOneLine } from './raw-json.js'
export { type ReadData, readData } from './read-data.js'
export { type Parsed, parsed, refused } from './result.js'
export type {
  SchemaInput,
  SchemaIssue,
  SchemaOutput,
  SchemaResult,
  StandardSchema,
} from './standard-schema.js'
