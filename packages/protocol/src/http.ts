/** The transports, simplest first (PROTOCOL §4). */
export const transports = ['poll', 'long-poll', 'sse', 'ndjson', 'websocket'] as const

/** How a reader gets batches (PROTOCOL §1). */
export type TransportName = (typeof transports)[number]

/** The media types that travel (PROTOCOL §3, §4). */
export const mediaTypes = {
  json: 'application/json',
  text: 'text/plain',
  ndjson: 'application/x-ndjson',
  events: 'text/event-stream',
} as const

/** The WebSocket subprotocol of version 1 (PROTOCOL §7). */
export const subprotocol = 'gamut.v1.json'

/** Longest `wait` of a long-poll, in seconds (PROTOCOL §4). */
export const maxWaitSeconds = 60

/** The `wait` of a long-poll that names none, in seconds (PROTOCOL §16). */
export const defaultWaitSeconds = 25

/** The seconds of `Prefer: wait=N` (RFC 7240 §4.3), or `undefined` if the header asks for no wait or for nonsense, which the RFC says to ignore. */
export function parsePreferWait(header: string): number | undefined {
  for (const preference of header.split(',')) {
    const match = /^\s*wait\s*=\s*"?(\d{1,6})"?\s*(?:;|$)/i.exec(preference)
    if (match) return Number(match[1])
  }
  return undefined
}

/** The media type of a `Content-Type` header, lower case and without parameters (RFC 9110 §8.3). */
export function mediaTypeOf(contentType: string): string {
  return (contentType.split(';', 1)[0] ?? '').trim().toLowerCase()
}

/** Whether an `Accept` header names the type itself; wildcards do not count, and `q=0` refuses (RFC 9110 §12.5.1). */
export function accepts(header: string, type: string): boolean {
  return header
    .split(',')
    .some((range) => mediaTypeOf(range) === type && !/;\s*q\s*=\s*0(?:\.0{0,3})?\s*(?:;|$)/i.test(range))
}

/** The tags of an `If-None-Match` header, compared weakly: without `W/` (RFC 9110 §8.8.3, §13.1.2). */
export function parseEntityTags(header: string): readonly string[] {
  // No tag has a quote in it: what stands between quotes is every second part, and the last is not closed.
  return header.split('"').filter((_part, index, parts) => index % 2 === 1 && index < parts.length - 1)
}
