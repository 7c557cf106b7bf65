export {
  createFaultProxy,
  type FaultProxy,
  type ProxyCounts,
} from './faults/fault-proxy.js'
export type { LaneFaults } from './faults/lane.js'
export type { ProxyFaults } from './faults/link.js'
export { createFollower, type Follower, type FollowerEvent, type FollowOptions } from './follower.js'
export { createVirtualClock, type VirtualClock, type VirtualClockOptions } from './virtual-clock.js'
export type { BackoffOptions } from './wire/backoff.js'
export type { ReadCost } from './wire/feed.js'
export { openReader, openSocketReader, type SocketReader, type WireReader } from './wire/open-reader.js'
export {
  openConnection,
  type RawConnection,
  type RawMessage,
  type RawResponse,
  type RawTarget,
  WireClosed,
  type WireEnd,
} from './wire/raw-connection.js'
export { type RawAnswer, type RawRequestOptions, rawRequest } from './wire/raw-request.js'
export type { ReadOptions } from './wire/read-request.js'
export type { ReaderEvent, ReaderEventOf, ReadMessage } from './wire/reader-event.js'
export { type EventSource, takeKind, takeMessages, takeUntil } from './wire/take.js'
