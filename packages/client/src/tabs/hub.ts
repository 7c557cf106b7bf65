import type { TransportName } from '@gamut/protocol'
import type { Environment } from '../environment.js'
import { order } from '../policy.js'
import { freshRetry, lost, type Retry } from '../retry.js'
import { reduceReading } from '../subscription-state.js'
import type {
  Frame,
  Link,
  LinkEnd,
  LinkRequest,
  ReadingFrame,
  Refusal,
  Transport,
} from '../transports/transport.js'
import { formOf, keyOf, type Place, type Want, type Word } from './post.js'

/** How often it is asked which links are still there: whoever does not answer until the next time is forgotten, in milliseconds. */
const rollCallMs = 60_000
/** How often a channel may be read again on end before its connection is as good as none. */
const maxRereads = 3
/** For how long what comes of a channel that no tab reads any more is passed over, where the others would have to be asked for anew, in milliseconds. */
const leaveMs = 10_000

interface Member {
  readonly transport: TransportName
  readonly places: Map<string, Place>
  /** It was asked and has not answered yet. */
  isAsked?: boolean
}

/** One connection of the leader, and where it stands in each of its channels. */
interface Reading {
  readonly transport: Transport
  readonly form: string
  readonly positions: Map<string, string>
  link?: Link
  /** What it is to change waits for the server's time; this ends that. */
  cancel?: (() => void) | undefined
  /** How often that was refused since a channel was opened. */
  retry: Retry
  rereads: number
  /** When a channel was left last of which something may still come. */
  leftAt?: number | undefined
}

const half = (positions: Reading['positions']) => [...positions.keys()].slice(positions.size >> 1)

/** What a hub needs of its tab. */
export interface HubParts {
  readonly term: string
  readonly transports: ReadonlyMap<TransportName, Transport>
  /** By what the tab itself reads. */
  request(): LinkRequest
  post(word: Word): void
}

/** Reads for all tabs what any of them wants, once. */
export class Hub {
  readonly term: string
  readonly #parts: HubParts
  readonly #members = new Map<string, Member>()
  /** What is read, and up to where all was told. */
  readonly #places = new Map<string, Place>()
  readonly #readings = new Set<Reading>()
  #cancel: (() => void) | undefined

  constructor(parts: HubParts) {
    this.term = parts.term
    this.#parts = parts
    this.#callRoll()
  }

  /** A link says what it wants. */
  take({ link, transport, places }: Want): void {
    if (places.length) {
      const own = new Map(places.map((place) => [keyOf(place), place]))
      this.#members.set(link, { transport, places: own })
    } else this.#members.delete(link)
    this.#suit()
    const read = places.flatMap((place) => this.#places.get(keyOf(place)) ?? [])
    this.#post({ type: 'here', link, places: read })
  }

  /** Makes sure that what is open is alive. */
  check(): void {
    for (const { link, cancel } of this.#readings) if (!cancel) link?.check()
  }

  close(): void {
    this.#cancel?.()
    for (const reading of this.#readings) this.#close(reading)
  }

  get #environment(): Environment {
    return this.#parts.request().server.environment
  }

  #post(word: { readonly type: Word['type'] } & Record<string, unknown>): void {
    this.#parts.post({ ...word, term: this.term } as Word)
  }

  #callRoll(): void {
    for (const [link, member] of this.#members) {
      if (member.isAsked) this.#members.delete(link)
      member.isAsked = true
    }
    this.#suit()
    this.#post({ type: 'here' })
    this.#cancel = this.#environment.after(rollCallMs, () => this.#callRoll())
  }

  /**
   * Makes what is open that what is wanted: by the most able transport that anybody wants, over as few connections as it
   * takes. What another transport reads stays until that one has opened it.
   */
  #suit(): void {
    const members = [...this.#members.values()]
    const wanted = new Map<string, Place>()
    // Of those who want the same, one that knows where it is comes before others that do not yet.
    for (const { places } of members)
      for (const [key, place] of places) if (place.cursor || !wanted.has(key)) wanted.set(key, place)
    const name = order.find((one) => members.some(({ transport }) => transport === one))
    const transport = this.#parts.transports.get(name as TransportName) as Transport
    const readings = [...this.#readings]
    const isOpen = (key: string) =>
      readings.some((reading) => reading.transport === transport && reading.positions.get(key))
    const changed = new Set<Reading>()
    const taken = new Set<string>()
    for (const key of [...this.#places.keys()]) if (!wanted.has(key)) this.#places.delete(key)
    for (const reading of readings)
      for (const key of [...reading.positions.keys()]) {
        const isCurrent = reading.transport === transport
        if (!wanted.has(key) || (!isCurrent && isOpen(key))) {
          reading.positions.delete(key)
          // A response goes on with what is left: to ask for that anew would cost more.
          reading.leftAt = this.#environment.elapsed()
          if (!reading.link?.isAsked || !reading.positions.size) changed.add(reading)
        } else if (isCurrent) taken.add(key)
      }
    for (const [key, place] of wanted) {
      // Where it is not known yet the tab finds out by a poll of its own, and comes back with a cursor.
      if (!place.cursor || taken.has(key)) continue
      if (!this.#places.has(key)) this.#places.set(key, place)
      const reading = this.#findRoom(transport, formOf(place))
      reading.positions.set(key, '')
      changed.add(reading)
    }
    for (const reading of changed) {
      if (!reading.positions.size) this.#close(reading)
      else {
        reading.link ??= this.#open(reading)
        this.#change(reading)
      }
    }
  }

  #findRoom(transport: Transport, form: string): Reading {
    for (const reading of this.#readings)
      if (
        reading.transport === transport &&
        reading.form === form &&
        reading.positions.size < transport.maxChannels
      )
        return reading
    const reading: Reading = { transport, form, positions: new Map(), retry: freshRetry, rereads: 0 }
    this.#readings.add(reading)
    return reading
  }

  #open(reading: Reading): Link {
    const wishes = () =>
      new Map([...reading.positions.keys()].map((key) => [this.#at(key).channel, this.#at(key)]))
    return reading.transport.open(
      { ...this.#parts.request(), wishes },
      {
        opened: () => {},
        frame: (frame) => {
          if (this.#readings.has(reading)) this.#hear(reading, frame)
        },
        delayed: (end) => {
          if (this.#readings.has(reading)) this.#delay(reading, end)
        },
        ended: (end) => this.#end(reading, end),
      },
    )
  }

  #at(key: string): Place {
    return this.#places.get(key) as Place
  }

  #close(reading: Reading): void {
    this.#readings.delete(reading)
    reading.cancel?.()
    reading.link?.close()
  }

  /** Has it read what it is to read now, or a channel anew: not sooner than the server wants to be asked. */
  #change({ link, cancel }: Reading, anew?: string): void {
    if (!cancel) link?.change(anew)
  }

  /** What it reads goes on, and what is new waits, later each time, unless it is refused for good. */
  #delay(reading: Reading, end: LinkEnd): void {
    const unopened = [...reading.positions.keys()].filter((key) => !reading.positions.get(key))
    if (this.#lessen(reading, end, unopened.length ? unopened : undefined) || this.#refuse(reading, end)) {
      this.#suit()
      this.#change(reading)
      return
    }
    const environment = this.#environment
    const { retryAfterMs } = end as Partial<Refusal>
    const next = lost(reading.retry, environment.elapsed(), environment.random(), retryAfterMs)
    reading.retry = next
    reading.cancel?.()
    reading.cancel = environment.after(next.delayMs, () => {
      reading.cancel = undefined
      this.#change(reading)
    })
  }

  #end(reading: Reading, end: LinkEnd): void {
    if (!this.#readings.has(reading)) return
    this.#close(reading)
    if (!this.#lessen(reading, end) && !this.#refuse(reading, end)) {
      const { name: transport } = reading.transport
      for (const [link, member] of this.#members)
        if (member.transport === transport) this.#members.delete(link)
      this.#post({ type: 'ended', transport, end })
    }
    this.#suit()
  }

  /** Where the server takes no more channels at once, half of them or those that are new go by another connection, if any are left. */
  #lessen({ transport, positions }: Reading, end: object, others = half(positions)): boolean {
    const most = positions.size - others.length
    if ((end as Partial<Refusal>).code !== 'too_many_channels' || !most) return false
    for (const key of others) positions.delete(key)
    transport.maxChannels = most
    return true
  }

  /** Tells a refusal to the channels that it names, if any: whoever reads others shall not take it for theirs. */
  #refuse({ positions, form }: Reading, end: LinkEnd): boolean {
    if (end.kind !== 'refused' || !end.isFinal) return false
    const named = [...positions.keys()]
      .map((key) => this.#at(key).channel)
      .filter((channel) => end.message?.includes(`"${channel}"`))
    for (const channel of named) this.#tellOver(`${form} ${channel}`, { ...end, type: 'refused', channel })
    return named.length > 0
  }

  /** Nothing more comes of it here: whoever wants it nevertheless says so again. */
  #tellOver(key: string, frame: Frame): void {
    this.#post({ type: 'frame', key, frame })
    for (const { places } of this.#members.values()) places.delete(key)
  }

  #hear(reading: Reading, frame: Frame): void {
    const { channel, type } = frame as ReadingFrame
    if (!channel) {
      this.#post({ type: 'frame', key: '', frame })
      return
    }
    const key = `${reading.form} ${channel}`
    const now = this.#environment.elapsed()
    if (!reading.positions.has(key)) {
      if (type !== 'batch' || now - (reading.leftAt ?? now) < leaveMs) return
      reading.leftAt = undefined
      this.#change(reading)
    } else if (/^(open|batch|gap)$/.test(type)) this.#lead(reading, key, frame as ReadingFrame)
    else if (/^(end|refused)$/.test(type)) {
      if (!this.#lessen(reading, frame, [key])) this.#tellOver(key, frame)
      this.#suit()
    } else this.#post({ type: 'frame', key, frame })
  }

  /** Tells what leads on from where all were told: each frame begins where the one before it ended. */
  #lead(reading: Reading, key: string, frame: ReadingFrame): void {
    const { cursor: after, ...place } = this.#at(key)
    const before = reading.positions.get(key) as string
    const { cursor, position, told } = reduceReading(after, before, frame)
    this.#places.set(key, { ...place, cursor })
    reading.positions.set(key, position ?? '')
    if (!before) {
      reading.retry = freshRetry
      this.#suit()
    }
    if (told?.type === 'batch') reading.rereads = 0
    if (told && (told.type !== 'open' || told.outcome === 'snapshot'))
      this.#post({ type: 'frame', key, frame: told.type === 'open' ? told : { ...told, after } })
    if (position !== undefined) return
    if (++reading.rereads > maxRereads) this.#end(reading, { kind: 'garbage', what: 'sequence' })
    else this.#change(reading, place.channel)
  }
}
