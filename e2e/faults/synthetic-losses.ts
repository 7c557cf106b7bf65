import type { Cursor } from '@gamut/protocol'
import type { ChannelTraits, History, HistoryEvent, ReaderTraits } from './history.js'

/** A log `E.1.a E.2.a`, to which in one life `E.3.x E.4.x` were added, and after a failover `E.3.y E.4.y E.5.z`. */
const entry = (place: string) => `E.${place}` as Cursor
const begin = 'E.0.0' as Cursor
const fork = entry('2.a')

class LossyHistory {
  readonly events: HistoryEvent[] = []
  readonly readers = new Map<string, ReaderTraits>()
  readonly #held = new Map<string, Cursor>()

  write(after: Cursor, ...places: string[]): void {
    const cursor = entry(places.at(-1) ?? '')
    for (const place of places)
      this.#add({ kind: 'invoked', publish: `publish ${place}`, messages: [{ hash: place }] })
    this.#add({ kind: 'written', after, cursor })
    for (const place of places) {
      const offsets = [Number(place.split('.')[0])]
      this.#add({ kind: 'acknowledged', publish: `publish ${place}`, cursor: entry(place), offsets })
    }
  }

  failOver(): void {
    this.#add({ kind: 'life', after: fork })
  }

  /** Opens a reader that has nothing, goes on from what it has, or is told where that has gone. */
  open(reader: string, isLost = false): void {
    const held = this.#held.get(reader)
    const told = { kind: 'opened', reader } as const
    if (held === undefined) this.#add({ ...told, outcome: 'live', cursor: begin })
    else if (!isLost) this.#add({ ...told, outcome: 'resumed', cursor: held })
    else {
      const gap = { reason: 'diverged', after: held, cursor: begin }
      this.#add({ ...told, outcome: 'gap', cursor: begin, gap })
    }
    if (held === undefined || isLost) this.#held.set(reader, begin)
  }

  receive(reader: string, ...places: string[]): void {
    for (const place of places) {
      const offset = Number(place.split('.')[0])
      const told = { kind: 'received', reader, transport: 'sse', hash: place, offset } as const
      this.#add({ ...told, cursor: entry(place) })
      this.#held.set(reader, entry(place))
    }
  }

  /** Half a minute passes, so that nothing is the cause of what comes then but what comes then. */
  #add(fields: object): void {
    const at = this.events.length * 30_000
    this.events.push({ at, channel: 'plain', ...fields } as HistoryEvent)
  }
}

/**
 * A history of a failover to a replica that lagged, in which every promise is kept: `before` stood on what was left,
 * `behind` and `within` on what was lost, and who repeats a publish whose entry was lost has it entered again.
 */
export function honestLossyHistory(): History {
  const history = new LossyHistory()
  const channels = new Map<string, ChannelTraits>([['plain', { keyed: false }]])
  for (const reader of ['before', 'behind', 'within']) {
    history.readers.set(reader, { channels: ['plain'] })
    history.open(reader)
  }
  history.write(begin, '1.a', '2.a')
  for (const reader of ['before', 'behind', 'within']) history.receive(reader, '1.a', '2.a')
  history.write(fork, '3.x', '4.x')
  history.receive('behind', '3.x', '4.x')
  history.receive('within', '3.x')
  history.failOver()
  history.write(fork, '3.y', '4.y')
  history.open('behind', true)
  history.receive('behind', '1.a', '2.a', '3.y', '4.y')
  history.open('before')
  history.receive('before', '3.y', '4.y')
  history.write(entry('4.y'), '5.z')
  history.open('within', true)
  history.receive('within', '1.a', '2.a', '3.y', '4.y', '5.z')
  history.receive('before', '5.z')
  history.receive('behind', '5.z')
  history.readers.set('fresh', { channels: ['plain'], fresh: 'oldest' })
  history.open('fresh')
  history.receive('fresh', '1.a', '2.a', '3.y', '4.y', '5.z')
  const { events, readers } = history
  return { channels, readers, events, heads: new Map([['plain', entry('5.z')]]) }
}
