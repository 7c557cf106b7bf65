import type { ChannelName } from '@gamut/protocol'
import { BrokerUnavailable } from '@gamut/server'
import { expect, it } from 'vitest'
import { createMemoryBroker } from '../../src/broker/memory.js'
import { openMemory, roomy } from './memory-rig.js'

const day = 86_400_000

it('changes no offset, order or age when the wall clock jumps a day (I24)', async () => {
  const rig = await openMemory({}, { keyed: { maxKeys: 10, ageMs: 30_000 } })
  const first = await rig.append('a', [{ data: '1', key: 'k', id: 'i', hash: 'h' }])
  for (const jump of [day, -2 * day]) {
    rig.clock.jump(jump)
    await rig.clock.advance(10_000)
    expect(await rig.from('a', 'e.0.0')).toEqual(['1'])
    expect(await rig.append('a', [{ data: '1', key: 'k', id: 'i', hash: 'h' }])).toMatchObject({
      replayed: true,
    })
  }
  const later = await rig.append('a', [{ data: '2' }])
  expect(first.ok && later.ok && (later.messages[0]?.time ?? 0) - (first.messages[0]?.time ?? 0)).toBe(
    20_000 - day,
  )
  await rig.clock.advance(9_000)
  expect(await rig.from('a', 'e.0.0')).toEqual(['1', '2'])
  await rig.clock.advance(3_000)
  expect(await rig.from('a', 'e.0.0')).toEqual(['1', '2', undefined])
})

it('keeps a message for its age to the millisecond (§16)', async () => {
  const rig = await openMemory()
  const cursor = await rig.write('a')
  await rig.clock.advance(59_999)
  expect(await rig.from('a', 'e.0.0')).toEqual(['1'])
  await rig.clock.advance(1)
  expect(await rig.from('a', 'e.0.0')).toBe('expired')
  expect(await rig.from('a', cursor)).toEqual([])
})

it('announces within its call, in the order of the calls, and only what is watched (I3)', async () => {
  const rig = await openMemory()
  await rig.watch('a')
  const pending = [rig.write('a', '1'), rig.write('b', '2'), rig.write('a', '3')]
  expect(rig.batches.map(({ messages }) => messages[0]?.data)).toEqual(['1', '3'])
  expect(rig.batches.map(({ after, cursor }) => [after, cursor])).toEqual([
    ['e.0.0', 'e.1.0'],
    ['e.1.0', 'e.3.0'],
  ])
  await Promise.all(pending)
  rig.unwatch('a')
  await rig.write('a')
  expect(rig.batches).toHaveLength(2)
})

it('tells no deletion by age twice, whoever notices it first (§2)', async () => {
  const rig = await openMemory({}, { keyed: { maxKeys: 10, ageMs: 500 } })
  await rig.watch('a')
  await rig.append('a', [{ key: 'k', data: '1' }])
  await rig.clock.advance(500)
  expect(rig.batches).toHaveLength(1)
  await rig.head('a')
  expect(rig.batches).toHaveLength(2)
  await rig.clock.advance(10_000)
  expect(rig.batches[1]).toMatchObject({ messages: [{ key: 'k', deleted: true }] })
  expect(rig.batches).toHaveLength(2)
})

it('says diverged for a cursor between two entries of a channel (I10)', async () => {
  const { write, from } = await openMemory()
  for (const channel of ['a', 'b', 'a']) await write(channel)
  expect(await from('a', 'e.2.0')).toBe('diverged')
  expect(await from('a', 'e.1.0')).toEqual(['1'])
})

it('says diverged for a cursor inside a snapshot on a channel without keys (§5)', async () => {
  const { write, from } = await openMemory()
  await write('a')
  expect(await from('a', 'e.1.0.0')).toBe('diverged')
  expect(await from('a', 'no cursor')).toBe('diverged')
})

it('answers the newest cursor for an append of old and new messages (§3)', async () => {
  const { append, head } = await openMemory()
  const old = { data: '1', id: 'i', hash: 'h' }
  await append('a', [old])
  const mixed = await append('a', [{ data: '2' }, old])
  expect(mixed).toMatchObject({ cursor: await head('a'), messages: [{ offset: 2 }, { offset: 1 }] })
})

it('sets no timer before there is something to keep, and none after it was closed (I19)', async () => {
  const rig = await openMemory()
  await rig.watch('a')
  await rig.head('a')
  expect(rig.clock.pendingTimers).toBe(0)
  await rig.write('a')
  await rig.write('b')
  expect(rig.clock.pendingTimers).toBe(1)
  await rig.broker.close()
  expect(rig.clock.pendingTimers).toBe(0)
  for (const late of [rig.write('a'), rig.head('a'), rig.from('a', 'e.0.0')]) {
    await expect(late).rejects.toBeInstanceOf(BrokerUnavailable)
  }
})

it('has an epoch of its own each time, and refuses one that no cursor could carry (§1)', async () => {
  const listener = { onBatch: () => {}, onInterrupted: () => {}, onRestored: () => {} }
  const channel = 'a' as ChannelName
  const epochs: string[] = []
  for (let life = 0; life < 100; life += 1) {
    const broker = createMemoryBroker()
    await broker.start(listener, () => roomy)
    epochs.push((await broker.heads([channel])).get(channel)?.head.split('.')[0] ?? '')
    await broker.close()
  }
  expect(new Set(epochs).size).toBe(100)
  for (const epoch of epochs) expect(epoch).toMatch(/^[a-z0-9]{14}$/)
  for (const epoch of ['', 'a.b', 'x'.repeat(65)])
    expect(() => createMemoryBroker({ epoch })).toThrow(TypeError)
  for (const maxChannels of [0, -1, Number.NaN]) {
    expect(() => createMemoryBroker({ maxChannels })).toThrow(RangeError)
  }
})
