import { copyFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openDirect } from './support/direct-store.js'
import { newFile, newFolder } from './support/folder.js'
import { openBroker } from './support/open-broker.js'

it('ends a log before a damaged entry, tells it, and says diverged to who is past it (I1, I10)', () => {
  const file = newFile()
  const before = openDirect(file)
  const cursors = ['1', '2', '3', '4'].map(
    (data) => before.append('c', [{ data, id: data, hash: data }]).cursor,
  )
  before.append('other', [{ data: '"safe"' }])
  before.database.exec(`UPDATE entries SET data = '7' WHERE data = '3'`)
  before.close()
  const after = openDirect(file)
  const read = after.read('c', 'oldest')
  expect(read.messages.map(({ data }) => data)).toEqual(['1', '2'])
  expect(read).toMatchObject({ head: cursors[1], cursor: cursors[1], more: false })
  expect(after.warnings).toEqual([
    'Entry 3 of channel c is damaged on disk: its log now ends before it, without 2 entries, and readers past it get a gap.',
  ])
  expect(after.read('c', { cursor: read.cursor }).gap).toBeUndefined()
  for (const cursor of cursors.slice(2)) expect(after.read('c', { cursor }).gap).toBe('diverged')
  // What is lost can be published again under its id, and is another entry.
  expect(after.append('c', [{ data: '2', id: '2', hash: '2' }]).replayed).toBe(true)
  const again = after.append('c', [{ data: '3', id: '3', hash: '3' }])
  expect(again).toMatchObject({ replayed: false, messages: [{ offset: 3 }] })
  expect(again.cursor).not.toBe(cursors[2])
  expect(after.read('c', { cursor: cursors[2] ?? again.cursor }).gap).toBe('diverged')
  expect(after.read('other', 'oldest').messages).toHaveLength(1)
  after.close()
})

it('ends a log before an entry that is missing', () => {
  const file = newFile()
  const before = openDirect(file)
  for (const data of ['1', '2', '3']) before.append('c', [{ data }])
  before.database.exec('DELETE FROM entries WHERE position = 2')
  before.close()
  const after = openDirect(file)
  expect(after.read('c', 'oldest').messages).toHaveLength(1)
  expect(after.append('c', [{ data: '4' }]).messages[0]?.offset).toBe(2)
  after.close()
})

it('refuses a channel of which the file says something else than was written, and no other one', () => {
  const file = newFile()
  const before = openDirect(file)
  for (const channel of ['c', 'other']) before.append(channel, [{ data: '1' }])
  before.database.exec("UPDATE channels SET head = 0 WHERE name = 'c'")
  before.close()
  const after = openDirect(file)
  for (const use of [() => after.read('c', 'oldest'), () => after.append('c', [{ data: '2' }])]) {
    expect(use).toThrow('The store cannot be used just now: what it says of channel c is damaged')
  }
  expect(after.append('other', [{ data: '2' }]).messages[0]?.offset).toBe(2)
  after.close()
})

it('deletes a key whose newest message is damaged and only in the map, so that all readers know (§5)', () => {
  const file = newFile()
  const settings = {
    keyed: { maxKeys: 10, ageMs: 60_000 },
    retention: { count: 1, bytes: 1_000, ageMs: 60_000 },
  }
  const before = openDirect(file, settings)
  for (const key of ['a', 'b', 'c']) before.append('c', [{ key, data: `"${key}"` }])
  before.database.exec(`UPDATE entries SET time = 1 WHERE key = 'a'`)
  before.close()
  const after = openDirect(file, settings)
  expect(after.read('c', 'snapshot').messages.map(({ key }) => key)).toEqual(['b', 'c'])
  expect(after.warnings).toEqual([
    'The newest message of key "a" of channel c was damaged: the key is deleted.',
  ])
  expect(after.read('c', 'oldest').messages).toMatchObject([{ key: 'a', deleted: true }])
  after.close()
})

/** Changes one byte of the file, reads all, and appends: what is read is what was written, or there is a reason. */
function tryFlipped(file: string, written: ReadonlyMap<string, readonly string[]>): string {
  let store: ReturnType<typeof openDirect>
  try {
    store = openDirect(file)
  } catch (error) {
    return String(error)
  }
  const said: string[] = []
  try {
    for (const [channel, data] of written) {
      const read = store.read(channel, 'oldest').messages.map((message) => message.data)
      expect(data.slice(0, read.length)).toEqual(read)
      if (read.length < data.length) said.push(`${channel} ends early`)
      store.append(channel, [{ data: '"more"' }])
    }
  } catch (error) {
    if (!(error instanceof Error) || error.name === 'AssertionError') throw error
    said.push(error.message)
  }
  store.close()
  return said.join()
}

it('gives nothing torn whichever byte of the file is another one, and says why it gives nothing', () => {
  const folder = newFolder()
  const file = join(folder, 'gamut.db')
  const written = new Map<string, string[]>()
  const store = openDirect(file)
  for (let index = 0; index < 60; index += 1) {
    const data = JSON.stringify({ index, text: 'x'.repeat((index * 37) % 700) })
    const channel = `c${index % 5}`
    store.append(channel, [{ data, key: `${index}` }], { idempotency: { key: `${index}`, hash: 'h' } })
    written.set(channel, [...(written.get(channel) ?? []), data])
  }
  store.close()
  const bytes = readFileSync(file)
  const copy = join(folder, 'copy.db')
  copyFileSync(file, copy)
  let harmless = 0
  const step = process.env['GAMUT_CRASH'] === 'whole' ? 31 : 397
  for (let place = 0; place < bytes.length; place += step) {
    const flipped = Buffer.from(bytes)
    flipped[place] = (flipped[place] ?? 0) ^ (1 << (place % 8))
    writeFileSync(copy, flipped)
    const said = tryFlipped(copy, written)
    if (said === '') harmless += 1
    else expect(said, `byte ${place}`).toMatch(/ends early|is damaged|no Gamut database|of format|cannot be/)
  }
  expect(harmless).toBeGreaterThan(0)
})

it('takes nothing more once its file was moved away or replaced under it, and says so', () => {
  const file = newFile()
  const store = openDirect(file)
  store.append('c', [{ data: '1' }])
  store.due()
  expect(store.append('c', [{ data: '2' }]).messages).toHaveLength(1)
  renameSync(file, `${file}.old`)
  copyFileSync(`${file}.old`, file)
  store.due()
  expect(() => store.append('c', [{ data: '3' }])).toThrow('moved away or replaced while it was in use')
  expect(store.warnings).toEqual([expect.stringContaining(`${file} was moved away or replaced`)])
  store.close()
})

it('can be closed once its file was moved away, with requests under way', async () => {
  const file = newFile()
  const { broker, append } = await openBroker({ file })
  await append('c', [{ data: '1' }])
  renameSync(file, `${file}.old`)
  const refused = () =>
    append('c', [{ data: '2' }]).then(
      () => false,
      () => true,
    )
  while (!(await refused()));
  const last = refused()
  await broker.close()
  expect(await last).toBe(true)
})
