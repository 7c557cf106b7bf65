/** An entry of a channel as the faulty server keeps it. `data` counts up over all lives of the log; `before` is the entry that it followed. */
export interface Stored {
  readonly offset: number
  readonly tag: string
  readonly time: number
  readonly data: number
  readonly before: number
}

/** What became of a position (PROTOCOL §5), and how many entries of the log lie before it. */
export interface Place {
  readonly outcome: 'live' | 'resumed' | 'gap'
  readonly reason?: 'expired' | 'epoch' | 'diverged'
  readonly index: number
}

/** One channel's log, which can do all that logs do to readers: lose its oldest, go back, begin a new life. */
export class ModelLog {
  entries: Stored[] = []
  /** What each entry followed, also of those that are gone. */
  readonly followed = new Map<number, number>()
  #epoch = 1
  #floor = { offset: 0, tag: '0', data: 0 }
  #count = 0

  append(time: number): void {
    const last = this.entries.at(-1) ?? this.#floor
    const data = ++this.#count
    this.entries.push({ offset: last.offset + 1, tag: `t${data}`, time, data, before: last.data })
    this.followed.set(data, last.data)
  }

  /** Retention takes the oldest. */
  trim(count: number): void {
    const gone = this.entries.splice(0, count).at(-1)
    if (gone) this.#floor = gone
  }

  /** The newest are lost and their offsets are used again, as after a failover to a replica that lagged. */
  goBack(count: number): void {
    this.entries.splice(Math.max(0, this.entries.length - count), count)
  }

  /** The store is lost. */
  reset(): void {
    this.#epoch++
    this.entries = []
    this.#floor = { offset: 0, tag: '0', data: -this.#epoch }
  }

  /** The cursor after so many entries. */
  cursorAt(index: number): string {
    const { offset, tag } = index > 0 ? (this.entries[index - 1] as Stored) : this.#floor
    return `e${this.#epoch}.${offset}.${tag}`
  }

  place(cursor: string): Place {
    if (!cursor) return { outcome: 'live', index: Math.max(0, this.entries.length - 1) }
    for (let index = 0; index <= this.entries.length; index += 1)
      if (this.cursorAt(index) === cursor) return { outcome: 'resumed', index }
    const [epoch, offset] = cursor.split('.')
    const isOld = Number(offset) <= this.#floor.offset
    const reason = epoch !== `e${this.#epoch}` ? 'epoch' : isOld ? 'expired' : 'diverged'
    return { outcome: 'gap', reason, index: 0 }
  }
}
