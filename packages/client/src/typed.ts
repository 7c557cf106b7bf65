import { byExactness, type Channels, matchPattern, type ReadData, readData } from '@gamut/protocol'
import type { Environment } from './environment.js'
import { GamutError } from './error.js'
import type { Invalid, Listener, Message } from './subscription.js'

/** How long an asynchronous schema may take for a message, in milliseconds: as long as at the server. */
const schemaMs = 10_000
/** How much may wait for asynchronous schemas; past it a listener is told no more than that. */
const maxWaiting = 10_000

/** What reading by definitions needs of a client. */
export interface TypedParts {
  readonly environment: Environment
  /** A listener threw, later than it was called. */
  threw(error: unknown): void
  /** What the channel's listeners are told just now takes its time, until what this returns is called. */
  hold?(): (() => void) | undefined
  /** A message did not fit, and its listener has no `onInvalid`. */
  unheard(error: GamutError): void
}

type Listen = (listener: Listener) => () => void

/** How a channel is read by its definition. */
export interface TypedReading {
  /** Listens for whoever listens: tells what has been read, in the order in which it came. */
  listen(listen: Listen): Listen
  /** Reads messages that came at once. Never rejects. */
  all(messages: readonly Message[]): Promise<Read>
}

/** Messages that fit, and those that do not. */
export interface Read {
  readonly messages: readonly Message[]
  readonly invalid: readonly Invalid[]
}

/** Definitions as a client uses them; `undefined` for a channel whose data is taken as it comes. */
export interface TypedChannels<Schemas> {
  (channel: string, parts: TypedParts): TypedReading | undefined
  /** Only a type: the schemas of what {@link typed} was given. */
  readonly schemas?: Schemas
}

type Result = Message | Invalid
type Reader = (message: Message) => Result | Promise<Result>

const isInvalid = (result: Result): result is Invalid => 'issues' in result
const wrong = (error: unknown): ReadData => ({ issues: [{ message: String(error) }] })

/** Reads a message once for all listeners, at once unless its schema takes its time. Never throws or rejects. */
function createReader(
  channel: string,
  definition: Parameters<typeof readData>[0],
  { environment }: TypedParts,
): Reader {
  const known = new WeakMap<Message, Result | Promise<Result>>()
  const read: Reader = (message) => {
    const toResult = (read: ReadData): Result =>
      read.issues ? { channel, message, issues: read.issues } : { ...message, data: read.data }
    if (message.deleted) return message
    try {
      const given = readData(definition, message.data)
      if (!(given instanceof Promise)) return toResult(given)
      return new Promise<ReadData>((resolve) => {
        const cancel = environment.after(schemaMs, () => resolve(wrong('schema timeout')))
        void given.catch(wrong).then(resolve).finally(cancel)
      }).then(toResult)
    } catch (error) {
      return toResult(wrong(error))
    }
  }
  return (message) => {
    const result = known.get(message) ?? read(message)
    known.set(message, result)
    return result
  }
}

function split(results: readonly Result[]): Read {
  return {
    messages: results.filter((result): result is Message => !isInvalid(result)),
    invalid: results.filter(isInvalid),
  }
}

function tellInvalid(invalid: Invalid, listener: Listener, { unheard }: TypedParts): void {
  if (listener.onInvalid) listener.onInvalid(invalid)
  else unheard(new GamutError('schema_mismatch', invalid.issues[0]?.message, undefined, invalid))
}

/** One listener, told in order although some of it takes its time. */
function listenTo(listen: Listen, listener: Listener, read: Reader, parts: TypedParts): () => void {
  let waiting = 0
  let last: Promise<void> | undefined
  let isOver = false
  const later = async (value: unknown, goOn: (value: never) => void, before = last) => {
    const release = parts.hold?.()
    try {
      const now = await value
      await before
      if (!isOver) goOn(now as never)
    } catch (error) {
      parts.threw(error)
    }
    waiting--
    release?.()
  }
  const take = <T>(value: T | Promise<T>, goOn: (value: T) => void) => {
    if (!waiting && !(value instanceof Promise)) return goOn(value)
    if (++waiting > maxWaiting) {
      stop()
      last = later(0, () => listener.onError?.(new GamutError('behind')))
    } else last = later(value, goOn)
  }
  const refuse = (invalid: Invalid) => tellInvalid(invalid, listener, parts)
  const stop = listen({
    message: (message, info) =>
      take(read(message), (result) =>
        isInvalid(result) ? refuse({ ...result, cursor: info.cursor }) : listener.message?.(result, info),
      ),
    ...(listener.onSnapshot && {
      onSnapshot: (messages) => {
        const results = messages.map(read)
        take(Promise.all(results), (all) => {
          const { messages, invalid } = split(all)
          invalid.forEach(refuse)
          listener.onSnapshot?.(messages)
        })
      },
    }),
    onGap: (gap) => take(gap, () => listener.onGap?.(gap)),
    onEnd: (reason) => take(reason, () => listener.onEnd?.(reason)),
    ...(listener.onError && { onError: (error) => take(error, () => listener.onError?.(error)) }),
  })
  return () => {
    isOver = true
    stop()
  }
}

/** Lets a client read by definitions; the one of the most exact pattern that matches counts (PROTOCOL §2). */
export function typed<Schemas>(definitions: Channels<Schemas>): TypedChannels<Schemas> {
  const patterns = Object.entries(definitions as Channels<Record<string, unknown>>)
    .map(([text, definition]) => ({ text, segments: text.split('/'), definition }))
    .sort(byExactness)
  return (channel, parts) => {
    const definition = patterns.find((pattern) => matchPattern(pattern, channel.split('/')))?.definition
    if (!definition?.schema && !definition?.version) return undefined
    const read = createReader(channel, definition, parts)
    return {
      listen: (listen) => (listener) => listenTo(listen, listener, read, parts),
      all: async (messages) => split(await Promise.all(messages.map(read))),
    }
  }
}
