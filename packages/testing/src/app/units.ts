import type { Way } from './weather.js'

/** What was written of a held response or a WebSocket, in parts that can be lost or repeated each by itself. */
export function unitsOf(way: Way, text: string): readonly string[] {
  if (way === 'ndjson') return text.split(/(?<=\n)/)
  return way === 'sse' ? text.split(/(?<=\n\n)/) : [text]
}

/** Whether a unit, or a whole answer of a poll, brings messages. */
export function isDelivery(way: Way, unit: string): boolean {
  if (way === 'sse') return /^data: /m.test(unit) && !/^event: \$/m.test(unit)
  if (way === 'websocket' || way === 'ndjson') return unit.startsWith('{"type":"batch"')
  return /"messages":\[\{/.test(unit)
}

/** Whether a frame says that a publish was stored. */
export function isAcknowledgement(unit: string): boolean {
  return unit.startsWith('{"type":"ok"') && unit.includes('"offset":')
}
