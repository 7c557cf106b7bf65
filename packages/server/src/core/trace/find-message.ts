import { type ChannelName, cursorOf, parseCursor, type StoredMessage } from '@gamut/protocol'
import type { Broker, ReadLimit } from '../../broker/broker.js'
import type { TracedMessage, TraceEvent } from './event.js'

/** A log is looked through in pages of this, and no further than this: an operator asks, and readers go first. */
const pageLimit: ReadLimit = { count: 1000, bytes: 1024 * 1024 }
const maxPages = 100

/**
 * What the log says of a message. `kept`: it has it. `taken`: retention has had it, or it never was there. `ahead`:
 * past the head. `absent`: the log is whole there and has no such message. `epoch`: of another life of the store.
 * `diverged`: the log has another message in its place. `unnamed`: no message with this id.
 */
export type Fate = 'kept' | 'taken' | 'ahead' | 'absent' | 'epoch' | 'diverged' | 'unnamed'

/** The message that was asked about. */
export interface FoundMessage {
  /** As it was named. */
  readonly asked: string
  readonly fate: Fate
  readonly epoch: string
  readonly offset?: number
  readonly key?: string
  readonly id?: string
  /** Milliseconds since 1970. */
  readonly time?: number
  /** The channel has ended. */
  readonly closed: boolean
  /** The offset after which the log begins, and its newest. */
  readonly log: { readonly after: number; readonly head: number }
  /** The keys of it and of what came after it, by offset, as far as they are known. */
  readonly keys: ReadonlyMap<number, string | undefined>
}

/** What names a message: its offset, or else an id. */
interface Wanted {
  readonly offset?: number
  readonly tag?: string
  readonly epoch?: string
  readonly id: string
}

function toWanted(asked: string, events: readonly TraceEvent[]): Wanted {
  const cursor = parseCursor(asked)
  if (cursor) return { offset: cursor.offset, tag: cursor.tag, epoch: cursor.epoch, id: asked }
  if (/^\d{1,16}$/.test(asked)) return { offset: Number(asked), id: asked }
  // An Idempotency-Key is not in the log; who traced the publish knows what it became.
  const published = events.find((event) => event.kind === 'published' && event.idempotencyKey === asked)
  const [first] = published?.kind === 'published' ? published.messages : []
  return { ...(first && { offset: first.offset }), id: asked }
}

/** The traced messages of a channel; what was published here and announced here is told twice. */
function tracedMessages(events: readonly TraceEvent[]): TracedMessage[] {
  return events.flatMap((event) =>
    event.kind === 'stored' || event.kind === 'published' ? event.messages : [],
  )
}

interface Looked {
  readonly found: StoredMessage | undefined
  readonly isOther: boolean
  readonly keys: Map<number, string | undefined>
}

async function look(channel: ChannelName, wanted: Wanted, broker: Broker): Promise<Looked> {
  const keys = new Map<number, string | undefined>()
  let found: StoredMessage | undefined
  let isOther = false
  let read = await broker.read(channel, 'oldest', pageLimit)
  for (let pages = 1; ; pages++) {
    for (const message of read.messages) {
      const isIt = wanted.offset === undefined ? message.id === wanted.id : message.offset === wanted.offset
      if (isIt) {
        const { tag } = parseCursor(cursorOf(read, message)) ?? {}
        isOther = wanted.tag !== undefined && tag !== wanted.tag
        found = message
      }
      if (found) keys.set(message.offset, message.key)
    }
    if (!read.more || pages === maxPages) return { found, isOther, keys }
    read = await broker.read(channel, { cursor: read.cursor }, pageLimit)
  }
}

/** Looks for a message by its offset, cursor or id, in the log and in what was traced. */
export async function findMessage(
  channel: ChannelName,
  asked: string,
  events: readonly TraceEvent[],
  broker: Broker,
): Promise<FoundMessage> {
  const { head, oldest, closed } = await broker.read(channel, { last: 0 }, pageLimit)
  const { epoch = '', offset: newest = 0 } = parseCursor(head) ?? {}
  const log = { after: parseCursor(oldest)?.offset ?? 0, head: newest }
  const wanted = toWanted(asked, events)
  const { found, isOther, keys } = await look(channel, wanted, broker)
  const traced = tracedMessages(events)
  for (const { offset, key } of traced) if (!keys.has(offset)) keys.set(offset, key)
  const known =
    found ??
    traced.find(({ offset, id }) =>
      wanted.offset === undefined ? id === wanted.id : offset === wanted.offset,
    )
  const offset = known?.offset ?? wanted.offset
  const isOtherEpoch = wanted.epoch !== undefined && wanted.epoch !== epoch
  const fate = isOtherEpoch ? 'epoch' : isOther ? 'diverged' : fateOf(found, offset, log)
  return {
    asked,
    fate,
    epoch,
    closed,
    log,
    keys,
    ...(offset !== undefined && { offset }),
    ...(known?.key !== undefined && { key: known.key }),
    ...(known?.id !== undefined && { id: known.id }),
    ...(found && { time: found.time }),
  }
}

function fateOf(
  found: StoredMessage | undefined,
  offset: number | undefined,
  log: FoundMessage['log'],
): Fate {
  if (found) return 'kept'
  if (offset === undefined) return 'unnamed'
  if (offset > log.head) return 'ahead'
  return offset <= log.after ? 'taken' : 'absent'
}
