import { dataOf, ringSize } from '../data.ts'
import type { Speech } from './speech.ts'

/** The cursor after a message of the ring; that before the first one is that of the last one. */
export function cursorOf(n: number): string {
  return `feeder.${(n + ringSize) % ringSize}.0`
}

/** Messages of the ring as they stand in every shape of PROTOCOL §15. */
export function messagesOf(from: number, count: number) {
  return Array.from({ length: count }, (_, index) => ({
    offset: from + index,
    time: 1_790_000_000_000,
    data: dataOf(from + index),
  }))
}

/** The opening of a channel (PROTOCOL §15). */
export function openingOf(channel: string) {
  return { channel, outcome: 'live', cursor: cursorOf(-1) }
}

/** Gamut over a WebSocket, and by lines over NDJSON (PROTOCOL §7). */
export const gamut: Speech = {
  greeting: JSON.stringify({ type: 'welcome', node: 'feeder', heartbeatMs: 15_000, connection: 'c' }),
  answer: (text) => {
    const { type, ref, channel } = JSON.parse(text)
    const ok = JSON.stringify({ type: 'ok', ref })
    if (type !== 'subscribe') return { replies: [ok] }
    return { replies: [ok, JSON.stringify({ type: 'open', ...openingOf(channel) })], begins: [channel] }
  },
  frame: (channel, from, count) =>
    JSON.stringify({
      type: 'batch',
      channel,
      after: cursorOf(from - 1),
      cursor: cursorOf(from + count - 1),
      messages: messagesOf(from, count),
    }),
}
