import { type ChannelName, parseChannelName } from '@gamut/protocol'
import type { Broker } from '@gamut/server'
import type { Collected, Told } from './collect.js'

/** From where on a reader is held to have everything. */
export interface CheckOptions {
  /** `first` (the default): from the first that it was told. `oldest`: from the oldest message that is kept. */
  readonly from?: 'first' | 'oldest'
}

interface Place {
  readonly epoch: string
  readonly offset: number
}

interface Stored {
  readonly epoch: string
  /** Whether there has ever been anything. */
  readonly isUsed: boolean
  readonly offsets: readonly number[]
  /** Of a keyed channel: each key's newest message. */
  readonly map: ReadonlyMap<string, number>
}

const everything = { count: 1_000_000, bytes: 2 ** 30 }

function toPlace(cursor: string): Place {
  const [epoch = '', offset] = cursor.split('.')
  return { epoch, offset: Number(offset) }
}

async function readStored(channel: ChannelName, log: Broker): Promise<Stored> {
  const { head, messages } = await log.read(channel, 'oldest', everything)
  const snapshot = await log.read(channel, 'snapshot', everything)
  return {
    epoch: toPlace(head).epoch,
    isUsed: toPlace(head).offset > 0,
    offsets: messages.map(({ offset }) => offset),
    map: new Map(snapshot.messages.map(({ key = '', offset }) => [key, offset])),
  }
}

/** Walks along what a reader of a log was told. */
class Walk {
  readonly #stored: Stored
  readonly faults: string[] = []
  #at: Place | undefined
  /** Since the last message something was said of messages that do not come. */
  #isTold = false

  constructor(stored: Stored, from: CheckOptions['from']) {
    this.#stored = stored
    if (from === 'oldest') this.#at = { epoch: stored.epoch, offset: -1 }
  }

  take(told: Told): void {
    if (told.kind === 'gap') {
      this.#at = toPlace(told.gap.cursor)
      this.#isTold = true
    } else if (told.kind === 'message') this.#message(toPlace(told.info.cursor), told.info.skipped ?? 0)
    else if (told.kind === 'invalid' && told.invalid.cursor !== undefined)
      this.#message(toPlace(told.invalid.cursor), 0)
  }

  /** Nothing more has come: was that all? */
  rest(): void {
    if (this.#at) this.#compare(this.#at, Number.POSITIVE_INFINITY, 0, 'has not come')
  }

  #message(place: Place, skipped: number): void {
    const at = this.#at
    const { epoch, offset } = place
    if (at && at.epoch !== epoch && at.offset >= 0 && !this.#isTold)
      this.faults.push(`#${offset} is of another life of the store, and no gap was told before it`)
    if (at?.epoch === epoch) {
      if (offset <= at.offset) this.faults.push(`#${offset} came after #${at.offset}`)
      else this.#compare(at, offset, skipped, 'was lost and no gap was told')
    }
    this.#at = place
    this.#isTold = false
  }

  #compare(from: Place, before: number, skipped: number, say: string): void {
    const { epoch, offsets } = this.#stored
    if (from.epoch !== epoch) return
    const missing = offsets.filter((offset) => offset > from.offset && offset < before)
    if (missing.length > skipped) this.faults.push(`${missing.map((one) => `#${one}`).join(', ')} ${say}`)
  }
}

/** What a reader of a keyed channel has in the end, against what the channel has. */
function checkMap({ told }: Collected, { map }: Stored): string[] {
  const had = new Map<string, number>()
  const faults: string[] = []
  for (const one of told) {
    if (one.kind === 'snapshot') {
      had.clear()
      for (const { key = '', offset } of one.messages) had.set(key, offset)
    } else if (one.kind === 'message') {
      const { key = '', offset, deleted } = one.message
      const before = had.get(key) ?? -1
      if (offset <= before) faults.push(`"${key}": #${offset} came after #${before}`)
      if (deleted) had.delete(key)
      else had.set(key, offset)
    }
  }
  for (const [key, offset] of map)
    if (had.get(key) !== offset) faults.push(`"${key}": #${offset} has not come`)
  for (const key of had.keys()) if (!map.has(key)) faults.push(`"${key}" is gone, and is still shown`)
  return faults
}

/** Throws an error that says all that is wrong with what a reader was told, against the log itself. */
export async function check(
  collected: Collected,
  log: Broker,
  { from = 'first' }: CheckOptions = {},
): Promise<void> {
  const parsed = parseChannelName(collected.channel)
  if (!parsed.ok) throw new TypeError(`"${collected.channel}" is no channel's name`)
  const stored = await readStored(parsed.value, log)
  if (!stored.isUsed && !collected.told.length)
    throw new Error(
      `Nothing was ever published to "${collected.channel}", so there is nothing to check: is that its name?`,
    )
  const walk = new Walk(stored, from)
  const isKeyed = collected.told.some(({ kind }) => kind === 'snapshot')
  if (!isKeyed) {
    for (const one of collected.told) walk.take(one)
    if (!collected.isStopped) walk.rest()
  }
  const faults = isKeyed ? checkMap(collected, stored) : walk.faults
  if (faults.length === 0) return
  throw new Error(`A reader of "${collected.channel}" was not told the truth:\n  ${faults.join('\n  ')}`)
}
