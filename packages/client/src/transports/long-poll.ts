import { pollTransport } from './poll.js'
import type { Transport } from './transport.js'

/** Asks, and is answered when there is something (PROTOCOL §4). */
export function longPoll(): Transport {
  return pollTransport('long-poll')
}
