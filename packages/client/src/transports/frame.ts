import type { Frame, ReadingFrame } from './transport.js'

/** Whether it moves the reading of a channel. */
export function isReading(frame: { readonly type?: unknown }): frame is ReadingFrame {
  return /^(open|batch|gap|end)$/.test(`${frame.type}`)
}

/** Looks whether a value can be used as a frame, and throws a `SyntaxError` if not. Kinds that are not known pass. */
export function toFrame(value: unknown): Frame {
  const frame = Object(value) as Record<string, unknown>
  const { type, messages } = frame
  const isBatch = type === 'batch'
  const texts = ['type']
  if (isReading(frame)) texts.push('channel', type === 'end' ? 'type' : 'cursor')
  if (isBatch) texts.push('after')
  const isWhole =
    texts.every((name) => typeof frame[name] === 'string') &&
    (!isBatch || (Array.isArray(messages) && messages.every((one) => one?.offset >= 0)))
  if (!isWhole) throw new SyntaxError('no frame')
  return value as Frame
}
