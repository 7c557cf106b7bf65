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
  closeCodes,
  type ErrorBody,
  type ErrorCode,
  type ErrorKind,
  errorBody,
  errorKinds,
} from './errors.js'
export { type EventStreamFormat, eventCodec, formatPadding, formatSetPosition } from './event-stream.js'
export {
  type ClientFrame,
  isRate,
  type Open,
  type ParsedFrame,
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
  parseEvent,
  parseId,
  parseKey,
  type StoredMessage,
} from './message.js'
export type { Need } from './need.js'
export { isJsonObject, parseJson, rawItems, rawMembers, toOneLine } from './raw-json.js'
export { type Parsed, parsed, refused } from './result.js'
