import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Cursor, cursorOf } from '@gamut/protocol'
import { expect, it } from 'vitest'
import { openDirect } from '../support/direct-store.js'
import { newFolder } from '../support/folder.js'

const whole = process.env['GAMUT_CRASH'] === 'whole'
const frame = 24 + 4096

interface Written {
  readonly folder: string
  readonly kept: readonly (string | undefined)[]
  readonly lost: Cursor
  readonly log: Buffer
  /** Where the last commit begins in the write-ahead log. */
  readonly last: number
}

/** A store with some commits in its write-ahead log, as it stands on disk while it is open. */
function writeSome(): Written {
  const folder = newFolder()
  const file = join(folder, 'gamut.db')
  const store = openDirect(file)
  const kept: string[] = []
  for (let index = 0; index < 5; index += 1) {
    const data = JSON.stringify({ index, text: 'x'.repeat(index * 900) })
    store.append('c', [{ data, key: `k${index}` }])
    kept.push(data)
  }
  const { length } = readFileSync(`${file}-wal`)
  // Longer than a page: its record has more than one frame that is new.
  const { cursor } = store.append('c', [{ data: JSON.stringify('y'.repeat(5_000)), id: 'i', hash: 'h' }])
  const log = readFileSync(`${file}-wal`)
  copyFileSync(file, join(folder, 'copy.db'))
  store.close()
  return { folder, kept, lost: cursor, log, last: length }
}

/** Opens a copy with this write-ahead log, and says whether the last message is there. Everything before it must be. */
function check({ folder, kept, lost }: Written, log: Uint8Array): boolean {
  const place = join(folder, 'torn')
  mkdirSync(place)
  const file = join(place, 'gamut.db')
  copyFileSync(join(folder, 'copy.db'), file)
  writeFileSync(`${file}-wal`, log)
  const store = openDirect(file)
  try {
    const read = store.read('c', 'oldest')
    const data = read.messages.map((message) => message.data)
    expect(data.slice(0, kept.length)).toEqual(kept)
    expect(store.warnings).toEqual([])
    const isThere = data.length > kept.length
    if (isThere) {
      expect(read.cursor).toBe(lost)
      return true
    }
    // What takes its place is another message, and who has the lost one is told.
    const next = store.append('c', [{ data: '"next"' }])
    expect(next.messages[0]?.offset).toBe(kept.length + 1)
    expect(next.cursor).not.toBe(lost)
    expect(store.read('c', { cursor: lost }).gap).toBe('diverged')
    for (const message of read.messages) {
      const resumed = store.read('c', { cursor: cursorOf(read, message) })
      expect(resumed.gap).toBeUndefined()
    }
    return false
  } finally {
    store.close()
    rmSync(place, { recursive: true })
  }
}

/** Every byte, or some and those around each frame's beginning. */
function placesIn({ log, last }: Written): number[] {
  const all = Array.from({ length: log.length - last }, (_, index) => last + index)
  if (whole) return all
  const edges = new Set([0, 1, 23, 24, frame - 1])
  return all.filter((place) => (place - last) % 331 === 0 || edges.has((place - last) % frame))
}

it('loses the last commit as a whole when the log is cut at any byte of it, and nothing before it (I1, I10)', () => {
  const written = writeSome()
  expect(written.last).toBeLessThan(written.log.length)
  for (const place of placesIn(written)) {
    expect(check(written, written.log.subarray(0, place)), `cut at ${place}`).toBe(false)
  }
  expect(check(written, written.log)).toBe(true)
})

it('takes a commit with a byte that is not what was written for none (I1)', () => {
  const written = writeSome()
  for (const place of placesIn(written).filter((_, index) => !whole || index % 7 === 0)) {
    const log = Buffer.from(written.log)
    log[place] = (log[place] ?? 0) ^ 0x40
    check(written, log)
  }
})
