import { type Cursor, formatCursor, type TransportName } from '@gamut/protocol'
import type { ChannelTraits, History, HistoryEvent, PlannedMessage, ReaderTraits } from './history.js'

interface Entry extends PlannedMessage {
  readonly offset: number
}

interface Reader {
  readonly name: string
  readonly held: Map<string, Cursor>
  transport: TransportName
  /** What it is known by. */
  readonly token?: string
}

/** A server that keeps every promise and writes the history of its readers and publishers by itself. */
class HonestServer {
  readonly events: HistoryEvent[] = []
  readonly readers = new Map<string, ReaderTraits>()
  readonly channels: ReadonlyMap<string, ChannelTraits>
  readonly #logs = new Map<string, Entry[]>()
  #epoch = ''
  #offset = 0

  constructor(channels: ReadonlyMap<string, ChannelTraits>) {
    this.channels = channels
  }

  begin(epoch: string): void {
    this.#epoch = epoch
    this.#offset = 0
    this.#logs.clear()
    this.#add({ kind: 'life', epoch })
  }

  publish(channel: string, hash: string, more: Omit<PlannedMessage, 'hash'> & { close?: true } = {}): void {
    const { close, ...fields } = more
    const publish = `publish ${hash} in ${this.#epoch}${more.deleted ? ` ${this.#offset}` : ''}`
    const message = { hash, ...fields }
    const messages = close ? [] : [message]
    this.#add({ kind: 'invoked', publish, channel, messages, ...(close && { close }) })
    if (!close) this.#log(channel).push({ ...message, offset: ++this.#offset })
    const offsets = close ? [] : [this.#offset]
    this.#add({ kind: 'acknowledged', publish, channel, cursor: this.head(channel), offsets })
  }

  reader(name: string, channels: readonly string[], more: Omit<ReaderTraits, 'channels'> = {}): Reader {
    this.readers.set(name, { channels, ...more })
    return { name, held: new Map(), transport: 'sse', ...(more.leaves && { token: name }) }
  }

  /** Revokes what a reader is known by, in this life of the store, and sends it away. */
  revoke({ name }: Reader, channel: string): void {
    this.#add({ kind: 'barred', token: name, from: this.events.length, epoch: this.#epoch })
    this.#add({ kind: 'ended', reader: name, channel, reason: 'revoked' })
    this.#add({ kind: 'gave-up', reader: name, why: 'revoked' })
  }

  /** Opens at the position held, or at the oldest, as the server finds it. */
  open(reader: Reader, channel: string): void {
    const of = { kind: 'opened', reader: reader.name, channel } as const
    const held = reader.held.get(channel)
    const { keyed, count = Number.POSITIVE_INFINITY } = this.channels.get(channel) ?? { keyed: false }
    const log = this.#log(channel)
    const oldest = this.#cursor(log.at(-count - 1)?.offset ?? 0)
    const [epoch, offset] = (held ?? '').split('.')
    const isLost = epoch !== this.#epoch
    const isExpired = !isLost && log.filter((entry) => entry.offset > Number(offset)).length > count
    const reason = isLost ? 'epoch' : 'expired'
    if (keyed && (isLost || held === undefined)) this.#snapshot(reader, channel)
    else if (held === undefined) this.#add({ ...of, outcome: 'live', cursor: oldest })
    else if (isLost || isExpired)
      this.#add({ ...of, outcome: 'gap', cursor: oldest, gap: { reason, after: held, cursor: oldest } })
    else this.#add({ ...of, outcome: 'resumed', cursor: held })
    if (!keyed && (held === undefined || isLost || isExpired)) reader.held.set(channel, oldest)
  }

  /** Gives everything after the position held, or so many messages of it. */
  read(reader: Reader, channel: string, most = Number.POSITIVE_INFINITY): void {
    const after = Number(reader.held.get(channel)?.split('.')[1])
    const rest = this.#log(channel).filter(({ offset }) => offset > after)
    for (const entry of rest.slice(0, most)) this.#give(reader, channel, entry, this.#cursor(entry.offset))
  }

  change(reader: Reader, transport: TransportName): void {
    reader.transport = transport
    this.#add({ kind: 'left', reader: reader.name, why: `for ${transport}` })
  }

  end(reader: Reader, channel: string): void {
    this.#add({ kind: 'ended', reader: reader.name, channel, reason: 'closed' })
  }

  head(channel: string): Cursor {
    return this.#cursor(this.#log(channel).at(-1)?.offset ?? 0)
  }

  history(): History {
    const heads = new Map([...this.channels.keys()].map((channel) => [channel, this.head(channel)]))
    return { channels: this.channels, readers: this.readers, events: this.events, heads }
  }

  #log(channel: string): Entry[] {
    const log = this.#logs.get(channel) ?? []
    this.#logs.set(channel, log)
    return log
  }

  #cursor(offset: number, at?: number): Cursor {
    return formatCursor({ epoch: this.#epoch, offset, tag: '0', ...(at !== undefined && { at }) })
  }

  #snapshot(reader: Reader, channel: string): void {
    const log = this.#log(channel)
    const head = log.at(-1)?.offset ?? 0
    const isLost = reader.held.has(channel)
    const of = { reader: reader.name, channel }
    const cursor = this.#cursor(head, 0)
    this.#add({ kind: 'opened', ...of, outcome: 'snapshot', cursor, ...(isLost && { reason: 'epoch' }) })
    const newest = new Map(log.map((entry) => [entry.key, entry]))
    for (const entry of [...newest.values()].sort((a, b) => a.offset - b.offset))
      if (!entry.deleted) this.#give(reader, channel, entry, this.#cursor(head, entry.offset))
    this.#add({ kind: 'snapshot-end', ...of, cursor: this.#cursor(head) })
    reader.held.set(channel, this.#cursor(head))
  }

  #give({ name, held, transport, token }: Reader, channel: string, entry: Entry, cursor: Cursor): void {
    const by = token === undefined ? {} : { token }
    this.#add({ kind: 'received', reader: name, channel, transport, cursor, ...entry, ...by })
    held.set(channel, cursor)
  }

  #add(event: Untimed<HistoryEvent>): void {
    this.events.push({ at: this.events.length, ...event } as HistoryEvent)
  }
}

type Untimed<Event> = Event extends unknown ? Omit<Event, 'at'> : never

const channels = new Map<string, ChannelTraits>([
  ['plain', { keyed: false }],
  ['short', { keyed: false, count: 3 }],
  ['keyed', { keyed: true }],
  ['job', { keyed: false }],
  ['secret', { keyed: false }],
])

function publishSome(server: HonestServer, life: string): void {
  for (let count = 1; count <= 6; count += 1) {
    server.publish('plain', `${life} plain ${count}`)
    server.publish('short', `${life} short ${count}`)
    server.publish('keyed', `${life} keyed ${count}`, { key: `k${count % 3}` })
    server.publish('secret', `${life} secret ${count}`)
  }
  server.publish('keyed', 'deleted:k0', { key: 'k0', deleted: true })
  server.publish('job', `${life} job`)
}

/**
 * A history of two lives of a store in which every promise is kept: `a` changes its transport, `set` reads two
 * channels, `revoked` is revoked in the first.
 */
export function honestHistory(): History {
  const server = new HonestServer(channels)
  server.begin('A')
  const a = server.reader('a', ['plain'], { prompt: true })
  const revoked = server.reader('revoked', ['plain'], { leaves: true })
  const short = server.reader('short', ['short'])
  const set = server.reader('set', ['plain', 'keyed'])
  const job = server.reader('job', ['job'])
  const all = [a, short, set, job, revoked].flatMap((reader) =>
    (server.readers.get(reader.name)?.channels ?? []).map((channel) => ({ reader, channel })),
  )
  let isIn = true
  const eachIn = () => all.filter(({ reader }) => isIn || reader !== revoked)
  const openAll = () => {
    for (const { reader, channel } of eachIn()) server.open(reader, channel)
  }
  const readAll = (most?: number) => {
    for (const { reader, channel } of eachIn()) server.read(reader, channel, most)
  }
  openAll()
  publishSome(server, 'A')
  readAll(3)
  server.change(a, 'websocket')
  server.open(a, 'plain')
  server.read(a, 'plain')
  server.revoke(revoked, 'plain')
  isIn = false
  publishSome(server, 'A again')
  openAll()
  readAll()
  server.begin('B')
  // A store in memory takes its revocations along.
  isIn = true
  publishSome(server, 'B')
  openAll()
  readAll()
  server.publish('job', 'end', { close: true })
  server.end(job, 'job')
  for (const channel of ['plain', 'short']) {
    const fresh = server.reader(`fresh ${channel}`, [channel], { fresh: 'oldest' })
    server.open(fresh, channel)
    server.read(fresh, channel)
  }
  server.open(server.reader('fresh keyed', ['keyed'], { fresh: 'snapshot' }), 'keyed')
  return server.history()
}
