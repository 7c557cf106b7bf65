import type { Batch, BatchHead, Codec, StoredMessage } from '@gamut/protocol'
import { EncodedBatch } from './encoded-batch.js'

/** A run of entries of one encoded batch; `to` is excluded. */
export interface Segment {
  readonly batch: EncodedBatch
  readonly from: number
  readonly to: number
}

const encoder = new TextEncoder()

/** Joins byte runs into one. */
export function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  const only = parts[0]
  if (parts.length === 1 && only) return only
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}

/** What a reader is given at once: runs of shared entries in order, framed as one batch without encoding any again. */
export class Page {
  readonly head: BatchHead
  readonly segments: readonly Segment[]
  /** By codec; none of a page that nobody was written. */
  #framed: Map<string, Uint8Array> | undefined

  constructor(head: BatchHead, segments: readonly Segment[]) {
    const { channel, after, cursor, skipped, snapshotEnd } = head
    this.head = { channel, after, cursor, ...(skipped && { skipped }), ...(snapshotEnd && { snapshotEnd }) }
    this.segments = segments.filter(({ from, to }) => from < to)
  }

  /** A whole batch; `onEncode` is called for each encoding that is made of it. */
  static of(batch: Batch, onEncode?: () => void): Page {
    return new Page(batch, [{ batch: new EncodedBatch(batch, onEncode), from: 0, to: batch.messages.length }])
  }

  /** How many messages it holds. */
  get count(): number {
    return this.segments.reduce((sum, { from, to }) => sum + to - from, 0)
  }

  /** Its newest message; nothing if it holds none. */
  get newest(): StoredMessage | undefined {
    const last = this.segments.at(-1)
    return last?.batch.batch.messages[last.to - 1]
  }

  *messages(): Generator<StoredMessage> {
    for (const { batch, from, to } of this.segments) {
      for (let index = from; index < to; index++) yield batch.batch.messages[index] as StoredMessage
    }
  }

  /** The whole batch in this codec; made once, then shared. */
  encode(codec: Codec): Uint8Array {
    const known = this.#framed?.get(codec.name)
    if (known) return known
    const framed = joinBytes([
      encoder.encode(codec.before(this.head)),
      ...this.#runs(codec),
      encoder.encode(codec.after(this.head)),
    ])
    this.#framed ??= new Map()
    this.#framed.set(codec.name, framed)
    return framed
  }

  /** The entries alone, joined by the codec's separator. */
  encodeEntries(codec: Codec): Uint8Array {
    return joinBytes([new Uint8Array(), ...this.#runs(codec)])
  }

  #runs(codec: Codec): Uint8Array[] {
    const separator = encoder.encode(codec.separator)
    return this.segments.flatMap(({ batch, from, to }, index) => {
      const { bytes, starts, ends } = batch.entries(codec)
      const run = bytes.subarray(starts[from], ends[to - 1])
      return index > 0 && separator.length > 0 ? [separator, run] : [run]
    })
  }
}
