// @ts-check
import { createHash } from 'node:crypto'

/**
 * A message as a reader got it: its place in the log, and its data as text.
 * @typedef {{ cursor: string, data: string }} Entry
 * @typedef {{ reason: string, after?: string, cursor: string }} Gap
 *
 * What a reader is told, whatever told it.
 * @typedef {{ kind: 'opened', cursor: string, gap?: Gap } | { kind: 'gap', gap: Gap } | ({ kind: 'message' } & Entry)} Told
 *
 * What a reader held when it was told that some of it is lost.
 * @typedef {{ reason: string, entries: readonly Entry[] }} Loss
 */

/** What a reader holds of the log, and what it was told to have lost. */
export class Recording {
  /** @type {Entry[]} */
  entries = []
  /** The hash chain after each entry. @type {string[]} */
  chain = []
  /** @type {Loss[]} */
  losses = []
  /** Where it goes on from. */
  cursor = 'oldest'
  taken = 0
  /** How often a browser's EventSource was told to ask no more. */
  gaveUp = 0

  /** @param {Told} told */
  take(told) {
    if (told.kind === 'message') this.#add(told)
    else if (told.kind === 'gap') this.#lose(told.gap)
    else if (told.gap) this.#lose(told.gap)
    this.cursor = told.kind === 'gap' ? told.gap.cursor : told.cursor
  }

  /** The chain after so many entries, as far as anybody needs to see it. */
  chainAt(/** @type {number} */ count) {
    return (this.chain[count - 1] ?? '').slice(0, 8)
  }

  #add(/** @type {Entry} */ { cursor, data }) {
    const before = this.chain.at(-1) ?? ''
    this.entries.push({ cursor, data })
    this.chain.push(createHash('sha256').update(`${before}\n${cursor}\n${data}`).digest('hex'))
    this.taken += 1
  }

  /** What follows a gap begins at its cursor: behind that, nothing is held any more. */
  #lose(/** @type {Gap} */ { reason, cursor }) {
    this.losses.push({ reason, entries: this.entries })
    const kept = this.entries.findLastIndex((entry) => entry.cursor === cursor) + 1
    this.entries = this.entries.slice(0, kept)
    this.chain = this.chain.slice(0, kept)
  }
}
