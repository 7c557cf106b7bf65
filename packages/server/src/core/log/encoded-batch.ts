import { type Batch, type Codec, type Cursor, cursorOf } from '@gamut/protocol'

/** The entries of a batch in one codec: joined by its separator, with where each one starts and ends in bytes. */
export interface EncodedEntries {
  readonly bytes: Uint8Array
  readonly starts: readonly number[]
  readonly ends: readonly number[]
}

const encoder = new TextEncoder()

function encodeEntries(batch: Batch, codec: Codec): EncodedEntries {
  const texts = batch.messages.map((message) => codec.entry(batch, message))
  const bytes = encoder.encode(texts.join(codec.separator))
  const characters = texts.reduce((sum, text) => sum + text.length, 0)
  // Where every character is a byte the texts' lengths are the offsets; else each text is measured.
  const ascii = bytes.length === characters + codec.separator.length * Math.max(0, texts.length - 1)
  const starts: number[] = []
  const ends: number[] = []
  let at = 0
  for (const text of texts) {
    starts.push(at)
    at += ascii ? text.length : encoder.encode(text).length
    ends.push(at)
    at += codec.separator.length
  }
  return { bytes, starts, ends }
}

/** Messages of a channel's log that keep their bytes per codec, so that every reader shares one encoding. */
export class EncodedBatch {
  readonly batch: Batch
  readonly #entries = new Map<string, EncodedEntries>()
  readonly #onEncode: () => void

  /** `onEncode` is called for each encoding that is made: the counter behind "encode once". */
  constructor(batch: Batch, onEncode: () => void = () => {}) {
    this.batch = batch
    this.#onEncode = onEncode
  }

  /** The entries in this codec, encoded at the first call. */
  entries(codec: Codec): EncodedEntries {
    const known = this.#entries.get(codec.name)
    if (known) return known
    const entries = encodeEntries(this.batch, codec)
    this.#entries.set(codec.name, entries)
    this.#onEncode()
    return entries
  }

  /** The cursor before the message at this index. */
  cursorBefore(index: number): Cursor {
    const previous = this.batch.messages[index - 1]
    return previous ? cursorOf(this.batch, previous) : this.batch.after
  }
}
