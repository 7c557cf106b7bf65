import { type ChannelName, type Cursor, formatCursor, parseCursor } from '@gamut/protocol'
import type { LogSettings, ReadFrom, ReadLimit, ReadResult } from '@gamut/server'
import { expect } from 'vitest'
import type { BrokerRig } from './broker-rig.js'
import { LogModel, type ModelAppend, type ModelPosition } from './log-model.js'

/** One step of a history. Positions and readers are picked by number, modulo how many there are. */
export type ModelStep =
  | { readonly kind: 'append'; readonly append: ModelAppend }
  | { readonly kind: 'read'; readonly held: number; readonly limit: ReadLimit }
  | { readonly kind: 'last'; readonly last: number; readonly limit: ReadLimit }
  | { readonly kind: 'stray'; readonly held: number; readonly what: 'epoch' | 'tag' | 'above' }
  | { readonly kind: 'follow'; readonly reader: number; readonly limit: ReadLimit }
  | { readonly kind: 'advance'; readonly ms: number }

interface Reader {
  map: Map<string, string | undefined>
  cursor: Cursor | undefined
}

const roomy: ReadLimit = { count: 1_000, bytes: 1_000_000 }

/** Runs a history on a broker and on the model, and compares everything that is seen. */
export class ModelRun {
  readonly #rig: BrokerRig
  readonly #channel: ChannelName
  readonly #model: LogModel
  readonly #keyed: boolean
  /** Every cursor that was ever given, and where it stands. */
  readonly #held = new Map<Cursor, ModelPosition>()
  readonly #replies = new Map<string, Cursor>()
  readonly #readers: Reader[] = [0, 1].map(() => ({ map: new Map(), cursor: undefined }))

  constructor(rig: BrokerRig, channel: ChannelName, settings: LogSettings) {
    this.#rig = rig
    this.#channel = channel
    this.#keyed = settings.keyed !== undefined
    this.#model = new LogModel(settings)
  }

  async run(steps: readonly ModelStep[]): Promise<void> {
    await this.#rig.broker.watch([this.#channel])
    await this.#checkEnds()
    for (const step of steps) {
      await this.#step(step)
      await this.#checkEnds()
    }
    for (const reader of this.#readers) await this.#catchUp(reader)
    await this.#checkAnnouncements()
    this.#model.checkOrder()
  }

  async #step(step: ModelStep): Promise<void> {
    switch (step.kind) {
      case 'append':
        return this.#append(step.append)
      case 'read':
        return void (await this.#readHeld(this.#pick(step.held), step.limit))
      case 'last':
        return this.#last(step.last, step.limit)
      case 'stray':
        return this.#stray(this.#pick(step.held), step.what)
      case 'follow':
        return void (await this.#follow(this.#readers[step.reader], step.limit))
      case 'advance':
        await this.#rig.advance(step.ms)
        return this.#model.advance(step.ms)
    }
  }

  async #append(append: ModelAppend): Promise<void> {
    const { publisher, messages, once, close } = append
    const hash = JSON.stringify([messages, close])
    const result = await this.#rig.try(this.#channel, messages, {
      publisher,
      ...(once !== undefined && { idempotency: { key: once, hash } }),
      ...(close && { close }),
    })
    const outcome = this.#model.append(append)
    if ('code' in outcome) return expect(result).toEqual({ ok: false, code: outcome.code })
    if (!result.ok) expect.fail(`refused as ${result.code}`)
    expect(result.replayed).toBe(outcome.replayed)
    expect(result.messages.map(({ replayed }) => replayed)).toEqual(outcome.known)
    for (const [index, place] of outcome.places.entries())
      this.#model.place(place, result.messages[index]?.offset)
    const last = outcome.places.at(-1)
    if (last !== undefined && last === Math.max(...outcome.places)) this.#hold(result.cursor, last + 1)
    const name = JSON.stringify([publisher, once])
    if (once === undefined) return
    expect(result.cursor).toBe(this.#replies.get(name) ?? result.cursor)
    this.#replies.set(name, result.cursor)
  }

  async #readHeld([cursor, at]: readonly [Cursor, ModelPosition], limit: ReadLimit): Promise<ReadResult> {
    const result = await this.#read({ cursor }, limit)
    const expected = this.#model.after(at)
    if (!expected) return this.#checkGap(result, limit, 'expired')
    expect(result.gap).toBeUndefined()
    expect(result.after).toBe(cursor)
    this.#checkPage(result, at, expected, limit)
    return result
  }

  async #last(last: number, limit: ReadLimit): Promise<void> {
    const result = await this.#read({ last }, limit)
    const position = Math.max(this.#model.taken, this.#model.length - last)
    this.#hold(result.after, position)
    this.#checkPage(result, { position }, this.#model.rest(position), limit)
  }

  /** A cursor that no log of this store has given. */
  async #stray([held]: readonly [Cursor, ModelPosition], what: 'epoch' | 'tag' | 'above'): Promise<void> {
    const parts = parseCursor(held)
    const head = parseCursor((await this.#rig.head(this.#channel)).head)
    if (!parts || !head) expect.fail('no cursor')
    const stray = {
      epoch: { ...parts, epoch: `${parts.epoch}x` },
      tag: { ...parts, tag: `${parts.tag}x` },
      above: { ...head, offset: head.offset + 1 + parts.offset },
    }
    const result = await this.#read({ cursor: formatCursor(stray[what]) }, roomy)
    if (what === 'tag') expect(['diverged', 'expired']).toContain(result.gap)
    this.#checkGap(result, roomy, what === 'epoch' ? 'epoch' : what === 'above' ? 'diverged' : result.gap)
  }

  /** One page of a reader that folds snapshot and log into its map. */
  async #follow(reader: Reader | undefined, limit: ReadLimit): Promise<ReadResult | undefined> {
    if (!reader || !this.#keyed) return undefined
    const at = reader.cursor && this.#held.get(reader.cursor)
    const result =
      reader.cursor && at
        ? await this.#readHeld([reader.cursor, at], limit)
        : await this.#startSnapshot(reader, limit)
    reader.cursor = result.gap ? undefined : result.cursor
    if (result.gap) return result
    for (const { key, data, deleted } of result.messages) {
      if (key !== undefined && deleted) reader.map.delete(key)
      else if (key !== undefined) reader.map.set(key, data)
    }
    return result
  }

  async #startSnapshot(reader: Reader, limit: ReadLimit): Promise<ReadResult> {
    reader.map = new Map()
    const result = await this.#read('snapshot', limit)
    const at = { position: this.#model.length, at: 0 }
    this.#checkPage(result, at, this.#model.after(at) ?? [], limit)
    return result
  }

  async #catchUp(reader: Reader): Promise<void> {
    if (!this.#keyed) return
    // What is left of a snapshot, a gap, a new snapshot, and the log after it: each is one roomy page.
    for (let page = 0; page < 6; page += 1) {
      const result = await this.#follow(reader, roomy)
      if (!result?.more && !result?.gap) break
    }
    expect([...reader.map].sort()).toEqual([...this.#model.map].sort())
  }

  #checkPage(result: ReadResult, from: ModelPosition, expected: readonly number[], limit: ReadLimit): void {
    this.#model.matchPage(result.messages, expected, limit)
    const whole = result.messages.length === expected.length
    const last = expected[result.messages.length - 1]
    if (from.at === undefined) {
      this.#hold(result.cursor, last === undefined ? from.position : last + 1)
      expect(result.more).toBe(!whole)
      return
    }
    expect(result.snapshotEnd ?? false).toBe(whole)
    expect(result.more).toBe(!whole || this.#model.length > from.position)
    if (whole) this.#hold(result.cursor, from.position)
    else this.#hold(result.cursor, from.position, last === undefined ? from.at : last + 1)
  }

  #checkGap(result: ReadResult, limit: ReadLimit, reason: ReadResult['gap']): ReadResult {
    expect(result.gap).toBe(reason)
    expect(result.after).toBe(result.oldest)
    const position = this.#model.taken
    this.#checkPage(result, { position }, this.#model.rest(position), limit)
    return result
  }

  async #checkEnds(): Promise<void> {
    const { head, oldest, closed } = await this.#rig.head(this.#channel)
    this.#hold(head, this.#model.length)
    this.#hold(oldest, this.#model.taken)
    expect(closed).toBe(this.#model.closed)
  }

  async #checkAnnouncements(): Promise<void> {
    let end: Cursor | undefined
    const collect = () => {
      end = [...this.#held.keys()][0]
      return this.#rig.batches(this.#channel).flatMap((batch) => {
        if (batch.after !== end) return []
        end = batch.cursor
        return batch.messages
      })
    }
    await this.#rig.until(() => collect().length >= this.#model.length)
    this.#model.match(collect().slice(0, this.#model.length), this.#model.rest(0))
    expect(this.#rig.batches(this.#channel).some(({ closed }) => closed)).toBe(this.#model.closed)
  }

  async #read(from: ReadFrom, limit: ReadLimit): Promise<ReadResult> {
    return this.#rig.read(this.#channel, from, limit)
  }

  #pick(number: number): readonly [Cursor, ModelPosition] {
    const held = [...this.#held]
    return held[number % held.length] ?? expect.fail('no cursor is held')
  }

  /** A cursor is given for a position. It must mean the same position for ever. */
  #hold(cursor: Cursor, position: number, at?: number): void {
    const stands = at === undefined ? { position } : { position, at }
    expect(this.#held.get(cursor) ?? stands).toEqual(stands)
    this.#held.set(cursor, stands)
  }
}
