import type { Frame } from './transport.js'

const isText = (value: unknown) => typeof value === 'string'

/** Looks whether a value can be used as a frame, and throws a `SyntaxError` if not. Kinds that are not known pass. */
export function toFrame(value: unknown): Frame {
  const { type, channel, cursor, after, messages } = Object(value) as Record<string, unknown>
  const isWhole =
    isText(type) &&
    (!/^(open|batch|gap|end)$/.test(type as string) ||
      (isText(channel) &&
        (type === 'end' || isText(cursor)) &&
        (type !== 'batch' ||
          (isText(after) && Array.isArray(messages) && messages.every((one) => one?.offset >= 0)))))
  if (!isWhole) throw new SyntaxError('no frame')
  return value as Frame
}
