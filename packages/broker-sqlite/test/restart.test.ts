import { rmSync } from 'node:fs'
import { createVirtualClock } from '@gamut/testing'
import { expect, it } from 'vitest'
import { newFile } from './support/folder.js'
import { openBroker } from './support/open-broker.js'

it('goes on after a restart where it was: cursors, offsets and data (I5, I11)', async () => {
  const file = newFile()
  const before = await openBroker({ file })
  const first = await before.append('c', [{ data: '1' }])
  const { head: empty } = await before.head('nobody')
  await before.append('c', [{ data: '2', event: 'e', key: 'k', id: 'i', hash: 'h' }])
  const log = await before.read('c', 'oldest')
  await before.close()
  const after = await openBroker({ file })
  expect(await after.read('c', 'oldest')).toEqual(log)
  const third = await after.append('c', [{ data: '3' }])
  expect(third.messages[0]?.offset).toBe(3)
  expect(await after.from('c', first.cursor)).toEqual(['2', '3'])
  expect(await after.from('nobody', empty)).toEqual([])
})

it('recognises a repeated publish after a restart (§3, I2)', async () => {
  const file = newFile()
  const options = { idempotency: { key: 'k', hash: 'h' } }
  const before = await openBroker({ file })
  const first = await before.append('c', [{ data: '1' }], options)
  await before.append('c', [{ data: '2', id: 'i', hash: 'h' }])
  await before.close()
  const after = await openBroker({ file })
  expect(await after.append('c', [{ data: '1' }], options)).toMatchObject({
    cursor: first.cursor,
    replayed: true,
  })
  expect((await after.append('c', [{ data: '2', id: 'i', hash: 'h' }])).replayed).toBe(true)
  await expect(after.append('c', [{ data: '3', id: 'i', hash: 'other' }])).rejects.toThrow(
    'idempotency_conflict',
  )
})

it('remembers after a restart that a channel has ended (§3)', async () => {
  const file = newFile()
  const before = await openBroker({ file })
  const { cursor } = await before.append('c', [{ data: '1' }], { close: true })
  await before.close()
  const after = await openBroker({ file })
  expect(await after.head('c')).toMatchObject({ head: cursor, closed: true })
  await expect(after.append('c', [{ data: '2' }])).rejects.toThrow('channel_closed')
})

it('keeps the map and a cursor inside a snapshot over a restart (§5)', async () => {
  const file = newFile()
  const settings = {
    keyed: { maxKeys: 10, ageMs: 60_000 },
    retention: { count: 1, bytes: 1_000, ageMs: 60_000 },
  }
  const before = await openBroker({ file }, settings)
  for (const key of ['a', 'b', 'c']) await before.append('c', [{ key, data: `"${key}"` }])
  const map = await before.read('c', 'snapshot')
  await before.close()
  const after = await openBroker({ file }, settings)
  expect(await after.read('c', 'snapshot')).toEqual(map)
  expect(await after.from('c', `${map.head}.1`)).toEqual(['"b"', '"c"'])
})

it('counts the time in which nobody had the file open, and none when the clock on the wall goes back (I24)', async () => {
  const file = newFile()
  const settings = { keyed: { maxKeys: 10, ageMs: 60_000 } }
  const opened = async (now: number) => {
    const clock = createVirtualClock({ now })
    return openBroker({ file, clock }, settings)
  }
  const first = await opened(1_000_000)
  await first.append('c', [{ key: 'a', data: '1' }])
  await first.close()
  const back = await opened(500_000)
  expect((await back.read('c', 'snapshot')).messages).toHaveLength(1)
  await back.append('other', [{ data: '1' }])
  await back.close()
  const later = await opened(500_000 + 59_000)
  expect((await later.read('c', 'snapshot')).messages).toHaveLength(1)
  await later.close()
  const tooLate = await opened(500_000 + 61_000)
  expect((await tooLate.read('c', 'snapshot')).messages).toEqual([])
  expect(await tooLate.read('c', 'oldest')).toMatchObject({
    messages: [{ data: '1' }, { key: 'a', deleted: true }],
  })
})

it('keeps a volatile channel in memory: after a restart its readers are told epoch (§2)', async () => {
  const file = newFile()
  const before = await openBroker({ file }, { volatile: true })
  await before.broker.watch([])
  const { cursor } = await before.append('v', [{ data: '1' }])
  expect(before.batches).toEqual([])
  await before.close()
  const after = await openBroker({ file }, { volatile: true })
  expect(await after.from('v', cursor)).toBe('epoch')
})

it('says epoch to the readers of a file that was lost (§5)', async () => {
  const file = newFile()
  const before = await openBroker({ file })
  const { cursor } = await before.append('c', [{ data: '1' }])
  await before.close()
  rmSync(file)
  const after = await openBroker({ file })
  expect(await after.from('c', cursor)).toBe('epoch')
})
