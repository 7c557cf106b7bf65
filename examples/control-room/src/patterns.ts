import type { ClientStatus } from '@gamut/client'

/** How each transport is called in front of people. */
export const patternNames: Readonly<Record<string, string>> = {
  request: 'Request',
  poll: 'Polling',
  'long-poll': 'Long polling',
  sse: 'SSE',
  ndjson: 'HTTP stream',
  websocket: 'WebSocket',
}

/** The same in the middle of a sentence. */
const patternWords: Readonly<Record<string, string>> = {
  ...patternNames,
  poll: 'polling',
  'long-poll': 'long polling',
  ndjson: 'an HTTP stream',
}

/** What a state means to who looks at a widget. */
export const stateWords: Readonly<Record<ClientStatus['state'], string>> = {
  idle: 'idle',
  connecting: 'connecting',
  live: 'live',
  stale: 'behind',
  waiting: 'waiting to try again',
  offline: 'offline',
  refused: 'refused',
  closed: 'closed',
}

/** What a client says of a move, without the time, and with the names that the page uses. */
export function toSentence(said: string): string {
  const text = said
    .replace(/^\S* /, '')
    .replace(/\b(sse|websocket|poll|long-poll|ndjson)\b/g, (name) => patternWords[name] ?? name)
  return /^live over [^:,]+$/.test(text) ? `${text}, as its need asks` : text
}
