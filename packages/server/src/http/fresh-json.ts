import { jsonReply, type PlainReply, type ReplyHeaders } from '../transports/transport.js'

/** A whole answer as a line of JSON, which no cache keeps. */
export function freshJson(status: number, value: unknown, headers?: ReplyHeaders): PlainReply {
  return freshText(status, JSON.stringify(value), headers)
}

/** The same of JSON that is text already. */
export function freshText(status: number, text: string, headers?: ReplyHeaders): PlainReply {
  return jsonReply(status, `${text}\n`, { 'cache-control': 'no-store', ...headers })
}
