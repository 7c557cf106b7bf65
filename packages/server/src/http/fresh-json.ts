import { jsonReply, type PlainReply, type ReplyHeaders } from '../transports/transport.js'

/** A whole answer as a line of JSON, which no cache keeps. */
export function freshJson(status: number, value: unknown, headers: ReplyHeaders = {}): PlainReply {
  return jsonReply(status, `${JSON.stringify(value)}\n`, { 'cache-control': 'no-store', ...headers })
}
