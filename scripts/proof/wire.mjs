// @ts-check

/**
 * @typedef {import('./recording.mjs').Told} Told
 * @typedef {import('./recording.mjs').Gap} Gap
 * @typedef {{ offset: number, tag?: string, data: unknown }} Message
 * @typedef {{ event: string, id: string, data: string }} ServerSentEvent
 */

/**
 * What an event of a stream says to its reader (§6).
 * @param {ServerSentEvent} event
 * @returns {Told[]}
 */
export function readEvent({ event, id, data }) {
  if (event === 'message') return [{ kind: 'message', cursor: id, data }]
  if (event === '$open') return [opened(id, JSON.parse(data).gap)]
  if (event === '$gap') return [{ kind: 'gap', gap: JSON.parse(data) }]
  return []
}

/**
 * What a frame of a WebSocket or of an NDJSON stream says (§7).
 * @param {any} frame
 * @returns {Told[]}
 */
export function readFrame(frame) {
  if (frame.type === 'open') return [opened(frame.cursor, frame.gap)]
  if (frame.type === 'gap') return [{ kind: 'gap', gap: frame }]
  if (frame.type === 'batch') return messagesOf(frame)
  return []
}

/**
 * What the answer to a poll says (§15).
 * @param {any} answer
 * @returns {Told[]}
 */
export function readAnswer(answer) {
  const messages = messagesOf(answer)
  return answer.gap ? [{ kind: 'gap', gap: answer.gap }, ...messages] : messages
}

/**
 * Takes events out of a stream's text as it comes; `retry` is told too.
 * @param {(event: ServerSentEvent) => void} onEvent
 * @param {(ms: number) => void} onRetry
 */
export function parseEvents(onEvent, onRetry) {
  let event = 'message'
  let id = ''
  /** @type {string[]} */
  let data = []
  return lines((line) => {
    const [, field = '', value = ''] = /^([^:]*):? ?(.*)$/.exec(line) ?? []
    if (field === 'event') event = value
    if (field === 'id') id = value
    if (field === 'data') data.push(value)
    if (field === 'retry') onRetry(Number(value))
    if (line !== '') return
    if (data.length > 0) onEvent({ event, id, data: data.join('\n') })
    event = 'message'
    data = []
  })
}

/** Gives a text's lines as they become whole; what is cut in the middle is no line. */
export function lines(/** @type {(line: string) => void} */ onLine) {
  let rest = ''
  return (/** @type {string} */ text) => {
    const parts = (rest + text).split('\n')
    rest = parts.pop() ?? ''
    for (const part of parts) onLine(part)
  }
}

/** @returns {Told} */
function opened(/** @type {string} */ cursor, /** @type {Gap | undefined} */ gap) {
  return { kind: 'opened', cursor, ...(gap && { gap }) }
}

/**
 * The data is what JSON makes of it, so publishers of the proof write it as JSON does.
 * @param {{ cursor: string, messages: readonly Message[] }} batch
 * @returns {Told[]}
 */
function messagesOf({ cursor, messages }) {
  const [epoch] = cursor.split('.')
  return messages.map(({ offset, tag = '0', data }) => ({
    kind: 'message',
    cursor: `${epoch}.${offset}.${tag}`,
    data: JSON.stringify(data),
  }))
}
