import { STATUS_CODES } from 'node:http'
import type { PlainReply, ReplyHeaders } from '../transports/transport.js'

/** The head of an answer as it travels, for sockets that no response of Node stands for (RFC 9112 §4, §6). */
export function formatHead(status: number, headers: ReplyHeaders): string {
  const lines = Object.entries({ ...headers, date: new Date().toUTCString() })
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    ...lines.map(([name, value]) => `${name}: ${value}`),
  ]
  return `${head.join('\r\n')}\r\n\r\n`
}

/** A whole answer as it travels; `headers` are added to its own, and its length where it may have a body. */
export function formatAnswer({ status, headers, body }: PlainReply, added: ReplyHeaders): Buffer {
  if (status === 204 || status === 304) return Buffer.from(formatHead(status, { ...headers, ...added }))
  const length = { 'content-length': String(Buffer.byteLength(body)) }
  return Buffer.from(formatHead(status, { ...headers, ...added, ...length }) + body)
}
