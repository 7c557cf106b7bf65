import type { Frame } from './transport.js'

/** The texts that a frame of a type must have; types that are not here are passed over (PROTOCOL, preface). */
const texts: Readonly<Record<string, readonly string[]>> = {
  open: ['channel', 'cursor', 'outcome'],
  batch: ['channel', 'after', 'cursor'],
  gap: ['channel', 'after', 'cursor'],
  end: ['channel', 'reason'],
  error: ['code'],
  welcome: [],
  auth: [],
  heartbeat: [],
  reconnect: [],
  ok: [],
}

/** A frame as it may come: those that a transport takes for itself too. */
export type AnyFrame =
  | Frame
  | { readonly type: 'reconnect'; readonly afterMs: number }
  | { readonly type: 'ok'; readonly ref: unknown }

/** Looks whether a value is a frame that can be used. `undefined` for kinds that are not known; throws a `SyntaxError` for what is none. */
export function toFrame(value: unknown): AnyFrame | undefined {
  const frame = value as Record<string, unknown> | null
  const type = frame?.['type']
  if (typeof type !== 'string') throw new SyntaxError('no frame')
  const needed = Object.hasOwn(texts, type) ? texts[type] : undefined
  if (!needed) return undefined
  const { messages } = frame as { messages?: readonly { offset?: unknown }[] }
  const isWhole =
    needed.every((name) => typeof frame?.[name] === 'string') &&
    (type !== 'batch' ||
      (Array.isArray(messages) && messages.every((one) => typeof one?.offset === 'number')))
  if (!isWhole) throw new SyntaxError(`no ${type} frame`)
  return frame as unknown as AnyFrame
}
