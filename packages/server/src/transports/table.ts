import type { TransportName } from '@gamut/protocol'
import { longPoll } from './long-poll.js'
import { ndjson } from './ndjson.js'
import { poll } from './poll.js'
import { sse } from './sse.js'
import type { Transport } from './transport.js'
import { websocket } from './websocket.js'

/** Every transport there is: a new one is a file beside these and a line here. */
export const transportTable: Readonly<Record<TransportName, Transport>> = {
  poll,
  'long-poll': longPoll,
  sse,
  ndjson,
  websocket,
}
