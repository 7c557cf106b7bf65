import type { TransportName } from '@gamut/protocol'
import { cursorAfter } from '../subscription-state.js'
import { poll } from '../transports/poll.js'
import type {
  BatchFrame,
  Frame,
  Link,
  LinkEnd,
  LinkListener,
  LinkRequest,
  ReadingFrame,
  Wish,
} from '../transports/transport.js'
import { keyOf, type Place, type Post, type Word } from './post.js'

/** So many batches are kept of a leader that is ahead: a poll that takes longer is followed by another. */
const maxAhead = 1000

/** What a link needs of its tab. */
export interface Seat {
  /** Says what the link wants; nothing: it leaves. */
  want(link: TabLink, places: readonly Place[]): void
  /** Makes sure that somebody leads. */
  check(): void
  leave(link: TabLink): void
}

/** One channel of a link. It follows the leader, or polls until both are at the same place. */
interface Lane {
  readonly key: string
  mode: 'asking' | 'polling' | 'following'
  /** Where the leader is, and how it came there as far as that was heard. */
  at: string | undefined
  ahead: BatchFrame[]
}

/** A link of a tab: reads by whoever leads, and by itself whatever the leader cannot tell or does not tell. */
export class TabLink implements Link {
  readonly id: string = crypto.randomUUID()
  readonly transport: TransportName
  readonly request: LinkRequest
  readonly #listener: LinkListener
  readonly #seat: Seat
  readonly #lanes = new Map<string, Lane>()
  #poll: Link | undefined
  #isDue = false
  #isOver = false

  constructor(seat: Seat, transport: TransportName, request: LinkRequest, listener: LinkListener) {
    this.#seat = seat
    this.transport = transport
    this.request = request
    this.#listener = listener
  }

  change(anew?: string): void {
    if (this.#isOver) return
    const wishes = this.request.wishes()
    for (const channel of this.#lanes.keys())
      if (!wishes.has(channel) || channel === anew) this.#lanes.delete(channel)
    for (const [channel, wish] of wishes) {
      if (this.#lanes.has(channel)) continue
      const mode = wish.cursor && channel !== anew ? 'asking' : 'polling'
      const key = keyOf({ ...wish, channel })
      this.#lanes.set(channel, { key, mode, at: undefined, ahead: [] })
    }
    this.want()
    this.#suitPoll(true)
  }

  check(): void {
    this.#seat.check()
    this.#poll?.check()
  }

  close(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#lanes.clear()
    this.#poll?.close()
    this.#seat.leave(this)
  }

  end(end: LinkEnd): void {
    if (this.#isOver) return
    this.close()
    this.#listener.ended(end)
  }

  /** Says what is wanted and where this tab is. */
  want(): void {
    const wishes = this.request.wishes()
    const places = [...this.#lanes.keys()].map((channel) => {
      const { cursor = '', maxRate, gap } = wishes.get(channel) ?? ({} as Wish)
      // From within a snapshot nobody else can go on.
      return { channel, cursor: cursor.split('.').length > 3 ? '' : cursor, maxRate, gap }
    })
    this.#seat.want(this, places)
  }

  /** Nobody tells anything: reads by itself until somebody does. */
  doubt(): void {
    for (const lane of this.#lanes.values())
      Object.assign(lane, { mode: 'polling', at: undefined, ahead: [] })
    this.#suitPoll(true)
  }

  /** Takes what whoever leads has said. */
  take(word: Exclude<Post, { readonly type: 'want' }>): void {
    if (this.#isOver) return
    if (word.type === 'here') this.#meetLeader(word)
    else if (word.type === 'frame') this.#hear(word.key, word.frame)
    else if (word.transport === this.transport) this.end(word.end)
  }

  #meetLeader({ link, places = [] }: Extract<Word, { type: 'here' }>): void {
    if (link === undefined) this.want()
    if (link !== this.id) return
    this.#listener.opened()
    const at = new Map(places.map((place) => [keyOf(place), place.cursor]))
    let isNew = false
    for (const [channel, lane] of this.#lanes) {
      lane.at = at.get(lane.key)
      lane.ahead = []
      this.#tryMeet(channel, lane)
      if (this.#cursor(channel) === lane.at || lane.mode === 'polling') continue
      lane.mode = 'polling'
      isNew = true
    }
    this.#suitPoll(isNew)
  }

  #cursor(channel: string): string {
    return this.request.wishes().get(channel)?.cursor ?? ''
  }

  #hear(key: string, frame: Frame): void {
    const { channel, type, cursor } = frame as BatchFrame
    if (!channel) {
      this.#listener.frame(frame)
      return
    }
    const lane = this.#lanes.get(channel)
    if (lane?.key !== key) return
    if (lane.mode === 'following') {
      // Whoever wants it nevertheless asks for it anew.
      if (/^(end|refused)$/.test(type)) this.#lanes.delete(channel)
      this.#listener.frame(frame)
      return
    }
    // How it ends is told by its own poll, once all that came before was read.
    if (!/^(open|batch|gap)$/.test(type)) return
    if (type === 'batch') lane.ahead.push(frame as BatchFrame)
    if (type !== 'batch' || lane.ahead.length > maxAhead) lane.ahead = []
    lane.at = cursor
    this.#tryMeet(channel, lane)
    this.#suitPoll(false)
  }

  /** Follows the leader from here on, if it is where this tab is or has come by. */
  #tryMeet(channel: string, lane: Lane): void {
    const own = this.#cursor(channel)
    if (!own || lane.mode === 'following') return
    const index = lane.ahead.findIndex(
      (batch) => batch.after === own || batch.messages.some((one) => cursorAfter(batch, one) === own),
    )
    if (lane.at !== own && index < 0) return
    const opening = { type: 'open', channel, outcome: 'resumed', cursor: own, asked: own } as const
    const frames = [opening, ...(lane.at === own ? [] : lane.ahead.slice(index))]
    lane.mode = 'following'
    lane.ahead = []
    for (const frame of frames) if (this.#lanes.get(channel) === lane) this.#listener.frame(frame)
  }

  /** Polls what nobody tells. `isNew`: at once. */
  #suitPoll(isNew: boolean): void {
    if (this.#isOver) return
    if (![...this.#lanes.values()].some(({ mode }) => mode === 'polling')) {
      this.#poll?.close()
      this.#poll = undefined
    } else if (!this.#poll) this.#openPoll()
    else if (isNew) this.#poll.change()
  }

  #openPoll(): void {
    const wishes = () =>
      new Map([...this.request.wishes()].filter(([channel]) => this.#lanes.get(channel)?.mode === 'polling'))
    const own = poll().open(
      { ...this.request, wishes },
      {
        opened: () => this.#listener.opened(),
        // A poll has nothing to go on with.
        delayed: () => {},
        frame: (frame) => {
          if (this.#poll === own) this.#takePolled(frame)
        },
        ended: (end) => {
          if (this.#poll !== own) return
          this.#poll = undefined
          // That the leader's transport is mute is not known by this.
          if (end.kind !== 'done') this.end(end.kind === 'mute' ? { kind: 'cut' } : end)
        },
      },
    )
    this.#poll = own
    own.change()
  }

  #takePolled(frame: Frame): void {
    const { channel = '', type } = frame as ReadingFrame
    const lane = this.#lanes.get(channel)
    if (channel && lane?.mode !== 'polling') return
    this.#listener.frame(frame)
    if (!lane || this.#lanes.get(channel) !== lane) return
    if (type === 'end') this.#lanes.delete(channel)
    this.#tryMeet(channel, lane)
    if (lane.mode === 'polling' && lane.at === undefined) this.#wantSoon()
    this.#suitPoll(false)
  }

  /** Once for all that a poll has brought. */
  #wantSoon(): void {
    if (this.#isDue) return
    this.#isDue = true
    queueMicrotask(() => {
      this.#isDue = false
      if (!this.#isOver) this.want()
    })
  }
}
