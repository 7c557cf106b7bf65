import { messageBytes, type StoredMessage } from '@gamut/protocol'
import type { AppendMessage, LogSettings } from '@gamut/server'

/** What stands before a message's data: only what it has, so that most have nothing. */
interface BodyHead {
  readonly e?: string
  readonly k?: string
  readonly i?: string
  /** Deleted. */
  readonly x?: 1
  /** Without data. */
  readonly n?: 1
}

/** Ages that are never reached; a number that scripts can still add to a time. */
const never = 1e15
/** What is known of a channel outlives its data for so long at least: an older cursor into an empty log is told `epoch`. */
const metaLifeMs = 2 * 24 * 3_600_000

const number = (value: number) => String(Math.min(value, never))

/** A channel's settings as arguments of a script. */
export function settingArgs({ retention, keyed, volatile, idempotency }: LogSettings): string[] {
  const keyAge = keyed?.ageMs ?? 0
  const life = Math.max(retention.ageMs, keyAge, idempotency.windowMs)
  return [
    number(retention.count),
    number(retention.bytes),
    number(retention.ageMs),
    keyed ? '1' : '0',
    number(keyed?.maxKeys ?? 0),
    number(keyed?.ageMs ?? never),
    volatile ? '1' : '0',
    number(idempotency.windowMs),
    number(idempotency.maxKeys),
    number(life),
    String(metaLifeMs),
  ]
}

/** The stored form of what a publisher sent, behind its length in UTF-16: no byte of it can be taken for the next entry. */
function encodeBody({ data, event, key, id, deleted }: AppendMessage): string {
  if (event === undefined && key === undefined && id === undefined && !deleted && data !== undefined)
    return `${data.length + 1} \n${data}`
  const head: BodyHead = {
    ...(event !== undefined && { e: event }),
    ...(key !== undefined && { k: key }),
    ...(id !== undefined && { i: id }),
    ...(deleted && { x: 1 }),
    ...(data === undefined && { n: 1 }),
  }
  const text = `${JSON.stringify(head)}\n${data ?? ''}`
  return `${text.length} ${text}`
}

/** One message as arguments of the append script. */
export function pushMessage(args: string[], message: AppendMessage, publisher: string): void {
  const { key, id, hash, deleted } = message
  const isKnownById = id !== undefined && hash !== undefined
  args.push(encodeBody(message), String(messageBytes(message)))
  args.push(`${key === undefined ? '' : 'k'}${deleted ? 'd' : ''}${isKnownById ? 'i' : ''}`)
  if (key !== undefined) args.push(key)
  if (isKnownById) args.push(nameOf('m', publisher, id), hash)
}

/** The name of an append or of a message of a publisher; JSON, because what joins two texts may also occur in one. */
export function nameOf(kind: 'a' | 'm', publisher: string, key: string): string {
  return JSON.stringify([kind, publisher, key])
}

function decodeBody(text: string, start: number, end: number, entry: EntryHead): StoredMessage {
  const line = text.indexOf('\n', start)
  const data = text.slice(line + 1, end)
  if (line === start) return { ...entry, data }
  const { e, k, i, x, n } = JSON.parse(text.slice(start, line)) as BodyHead
  return {
    ...entry,
    ...(n === undefined && { data }),
    ...(e !== undefined && { event: e }),
    ...(k !== undefined && { key: k }),
    ...(i !== undefined && { id: i }),
    ...(x === 1 && { deleted: true as const }),
  }
}

type EntryHead = Pick<StoredMessage, 'offset' | 'time' | 'tag'>

/** Entries that stand one behind the other, from a place in a text. */
export function decodeEntries(text: string, from: number, count: number): StoredMessage[] {
  const messages: StoredMessage[] = []
  let at = from
  const field = () => {
    const end = text.indexOf(' ', at)
    const value = text.slice(at, end)
    at = end + 1
    return value
  }
  for (let index = 0; index < count; index += 1) {
    const entry = { offset: Number(field()), time: Number(field()), tag: field() }
    // The bytes before it and its own, which only the scripts need.
    field()
    field()
    const length = Number(field())
    messages.push(decodeBody(text, at, at + length, entry))
    at += length
  }
  return messages
}
