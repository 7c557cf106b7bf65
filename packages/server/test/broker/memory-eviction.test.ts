import fc from 'fast-check'
import { expect, it } from 'vitest'
import { openMemory } from './memory-rig.js'

const names = (count: number) => Array.from({ length: count }, (_, index) => `c${index}`)

it('evicts the channel that was written longest ago for one too many (§16)', async () => {
  const { write, from } = await openMemory({ maxChannels: 3 })
  const cursors = new Map<string, string>()
  for (const channel of ['a', 'b', 'c', 'a', 'd', 'e']) cursors.set(channel, await write(channel))
  expect(await from('b', 'e.0.0')).toBe('expired')
  expect(await from('c', 'e.0.0')).toBe('expired')
  for (const channel of ['a', 'd', 'e']) expect(await from(channel, cursors.get(channel) ?? '')).toEqual([])
  expect(await from('a', 'e.0.0')).toEqual(['1', '1'])
})

it('resumes at the head of an evicted channel, and says expired below it (I5, I7)', async () => {
  const { write, from, head } = await openMemory({ maxChannels: 1 })
  const first = await write('a')
  const second = await write('a')
  await write('b')
  expect(await head('a')).toBe(second)
  expect(await from('a', second)).toEqual([])
  expect(await from('a', first)).toBe('expired')
  expect(await from('a', 'e.0.0')).toBe('expired')
  expect(await from('a', 'e.3.0')).toBe('diverged')
  await write('a', '"again"')
  expect(await from('a', second)).toEqual(['"again"'])
  expect(await from('a', first)).toBe('expired')
})

it('never resumes below the end of an evicted channel, also when that end is forgotten (I5)', async () => {
  const { write, from, head } = await openMemory({ maxChannels: 2 })
  const first = await write('a')
  const last = await write('a')
  for (const channel of names(5)) await write(channel)
  // The bound holds two heads besides two logs, so of `a` only the floor is left.
  expect(await head('a')).not.toBe(last)
  expect(await from('a', first)).toBe('expired')
  expect(await from('a', last)).toBe('expired')
  const floor = (await head('a')) ?? ''
  expect(await from('a', floor)).toEqual([])
  expect(await from('unheard', floor)).toEqual([])
  await write('a', '"again"')
  expect(await from('a', floor)).toEqual(['"again"'])
  expect(await from('a', last)).toBe('expired')
})

it('keeps the highest of all forgotten heads as the floor, in whatever order they go (I5)', async () => {
  const rig = await openMemory({ maxChannels: 1 })
  const low = await rig.write('low')
  await rig.watch('low')
  await rig.unwatch('low')
  const high = await rig.write('high')
  for (const channel of names(3)) await rig.write(channel)
  const floor = (await rig.head('high')) ?? ''
  for (const cursor of [low, high]) expect(await rig.from('high', cursor)).toBe('expired')
  // Its head goes into memory anew, lower than the floor, and is forgotten again.
  await rig.watch('unheard')
  for (const channel of names(3)) await rig.write(channel)
  await rig.unwatch('unheard')
  for (const channel of names(3)) await rig.write(channel)
  expect(await rig.from('high', floor)).toBe('expired')
})

it('forgets no head for a channel that has a log again (I7)', async () => {
  const { write, from } = await openMemory({ maxChannels: 1 })
  for (const channel of ['a', 'b', 'a', 'b', 'a']) await write(channel)
  expect(await from('unheard', 'e.0.0')).toEqual([])
  expect(await from('b', 'e.4.0')).toEqual([])
})

it('keeps what the readers of a watched channel hold, although others are forgotten (I7)', async () => {
  const { write, from, head, watch, unwatch } = await openMemory({ maxChannels: 1 })
  await watch('quiet')
  const held = (await head('quiet')) ?? ''
  for (const channel of names(5)) await write(channel)
  expect(await head('quiet')).toBe(held)
  expect(await from('quiet', held)).toEqual([])
  unwatch('quiet')
  expect(await from('quiet', held)).toEqual([])
  await write('quiet', '"first"')
  expect(await from('quiet', held)).toEqual(['"first"'])
})

it('refuses a channel too many while none can go, and takes it once one can (§16)', async () => {
  const rig = await openMemory(
    { maxChannels: 5 },
    { keyed: { maxKeys: 10, ageMs: Number.POSITIVE_INFINITY } },
  )
  await rig.watch('watched')
  await rig.write('watched')
  await rig.append('keyed', [{ key: 'k', data: '1' }])
  await rig.append('closed', [], { close: true })
  await rig.append('append key', [{ data: '1' }], { idempotency: { key: 'k', hash: 'h' } })
  await rig.append('message id', [{ data: '1', id: 'i', hash: 'h' }])
  expect(await rig.write('new')).toBe('overloaded')
  expect(await rig.append('new', [], { close: true })).toEqual({ ok: false, code: 'overloaded' })
  expect(await rig.from('new', 'e.0.0')).toEqual([])
  expect(await rig.write('watched')).not.toBe('overloaded')

  rig.unwatch('watched')
  expect(await rig.write('new')).not.toBe('overloaded')
  expect(await rig.from('watched', 'e.0.0')).toBe('expired')
  await rig.append('keyed', [{ key: 'k', deleted: true }])
  for (const channel of names(3)) expect(await rig.write(channel)).not.toBe('overloaded')
  expect(await rig.append('append key', [], { idempotency: { key: 'k', hash: 'h' } })).toMatchObject({
    replayed: true,
  })
  await rig.clock.advance(59_000)
  for (const channel of ['append key', 'message id']) expect(await rig.from(channel, 'e.0.0')).toEqual(['1'])
})

it('evicts a channel once its idempotency window has passed (§16)', async () => {
  const rig = await openMemory(
    { maxChannels: 1 },
    { idempotency: { windowMs: 10_000, maxKeys: 10 }, retention: { count: 9, bytes: 99, ageMs: 1e9 } },
  )
  await rig.append('a', [{ data: '1', id: 'i', hash: 'h' }])
  await rig.clock.advance(9_000)
  expect(await rig.write('b')).toBe('overloaded')
  await rig.clock.advance(4_000)
  expect(await rig.write('b')).not.toBe('overloaded')
})

it('offers channels that were in use in the order in which they were written (§16)', async () => {
  const rig = await openMemory({ maxChannels: 4 })
  for (const channel of names(4)) await rig.write(channel)
  for (const channel of names(3)) await rig.watch(channel)
  await rig.write('c9')
  for (const channel of names(3)) rig.unwatch(channel)
  for (const [index, channel] of ['x', 'y'].entries()) {
    await rig.write(channel)
    expect(await rig.from(`c${index}`, 'e.0.0')).toBe('expired')
    expect(await rig.from(`c${index + 1}`, 'e.0.0')).toEqual(['1'])
  }
})

it('does not evict a channel before older ones because it was in use for a while (§16)', async () => {
  const short = { windowMs: 5_000, maxKeys: 10 }
  const rig = await openMemory({ maxChannels: 2 }, { idempotency: short })
  await rig.write('older')
  await rig.append('newer', [{ data: '1', id: 'i', hash: 'h' }])
  await rig.clock.advance(10_000)
  await rig.write('new')
  expect(await rig.from('older', 'e.0.0')).toBe('expired')
  expect(await rig.from('newer', 'e.0.0')).toEqual(['1'])
})

it('checks a repetition and the end of a channel before the bound (§3)', async () => {
  const { append } = await openMemory({ maxChannels: 1 })
  await append('a', [], { close: true })
  const twice = [
    { data: '1', id: 'i', hash: 'h' },
    { data: '2', id: 'i', hash: 'other' },
  ]
  expect(await append('b', twice)).toEqual({ ok: false, code: 'idempotency_conflict' })
  expect(await append('a', [{ data: '1' }])).toEqual({ ok: false, code: 'channel_closed' })
})

it('keeps nothing of 10,000 channels whose messages have passed their age, and no timer (I19)', async () => {
  const rig = await openMemory({ maxChannels: 10_000 }, { keyed: { maxKeys: 9, ageMs: 30_000 } })
  for (let round = 0; round < 3; round += 1) {
    for (const channel of names(10_000)) {
      await rig.append(`${round}/${channel}`, [{ key: 'k', data: '1', id: 'i', hash: 'h' }])
    }
    expect(await rig.write('one too many')).toBe('overloaded')
    expect(rig.clock.pendingTimers).toBe(1)
    await rig.clock.advance(200_000)
    expect(rig.clock.pendingTimers).toBe(0)
  }
})

it('keeps a watched channel when its messages have passed their age, and drops it after (I19)', async () => {
  const rig = await openMemory()
  await rig.watch('a')
  const cursor = await rig.write('a')
  await rig.clock.advance(200_000)
  expect(rig.clock.pendingTimers).toBe(1)
  expect(await rig.from('a', cursor)).toEqual([])
  rig.unwatch('a')
  await rig.clock.advance(2_000)
  expect(rig.clock.pendingTimers).toBe(0)
  expect(await rig.from('a', cursor)).toEqual([])
})

it('creates nothing for names that are only read or watched (§4)', async () => {
  const rig = await openMemory({ maxChannels: 1 })
  for (const channel of names(1_000)) {
    expect(await rig.from(channel, 'e.0.0')).toEqual([])
    await rig.watch(channel)
  }
  await rig.append('empty', [])
  expect(rig.clock.pendingTimers).toBe(0)
  expect(await rig.write('a')).toBe('e.1.0')
})

it('never resumes past a loss, whatever was evicted and forgotten (I5)', async () => {
  const step = fc.record({
    channel: fc.constantFrom(...names(6)),
    what: fc.constantFrom('write', 'write', 'write', 'read', 'read', 'watch', 'unwatch', 'wait'),
    pick: fc.nat(1_000),
  })
  const history = fc.array(step, { maxLength: 80, size: 'max' })
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 4 }), history, async (maxChannels, steps) => {
      const { write, from, head, watch, unwatch, clock } = await openMemory({ maxChannels })
      // All that was ever written to a channel, and for every cursor ever held how much of it came before.
      const logs = new Map(
        names(6).map((name) => [name, { data: [] as string[], held: new Map<string, number>() }]),
      )
      for (const [index, { channel, what, pick }] of steps.entries()) {
        const log = logs.get(channel)
        if (!log) continue
        const cursor = await head(channel)
        if (cursor) log.held.set(cursor, log.data.length)
        if (what === 'watch') await watch(channel)
        if (what === 'unwatch') unwatch(channel)
        if (what === 'wait') await clock.advance(pick * 100)
        if (what === 'write') {
          const stored = await write(channel, String(index))
          if (stored === 'overloaded') continue
          log.data.push(String(index))
          log.held.set(stored, log.data.length)
        }
        if (what !== 'read') continue
        const held = [...log.held]
        const [asked = '', position] = held[pick % held.length] ?? []
        const seen = await from(channel, asked)
        if (typeof seen === 'string') expect(seen).toBe('expired')
        else expect(seen).toEqual(log.data.slice(position))
      }
    }),
    { numRuns: 300 },
  )
})
