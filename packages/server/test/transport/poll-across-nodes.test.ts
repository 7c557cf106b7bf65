import type { ChannelName } from '@gamut/protocol'
import { expect, it } from 'vitest'
import { type Broker, createGamut, createMemoryBroker } from '../../src/index.js'
import { nodeOn, type Store } from '../broker/shared-store.js'

/** A broker whose answers to reads of one channel come late; what they say was found when they were asked. */
function createLateBroker(inner: Broker, channel: ChannelName) {
  let release = () => {}
  const late = new Promise<void>((resolve) => {
    release = resolve
  })
  let reads = 0
  const broker: Broker = {
    start: (...given) => inner.start(...given),
    append: (...given) => inner.append(...given),
    read: async (...given) => {
      const page = await inner.read(...given)
      if (given[0] !== channel) return page
      reads += 1
      if (reads === 1) await late
      return page
    },
    heads: (channels) => inner.heads(channels),
    watch: (channels) => inner.watch(channels),
    unwatch: (channels) => inner.unwatch(channels),
    close: () => inner.close(),
  }
  return { broker, release: () => release(), reads: () => reads }
}

it('a poll sees what was acknowledged before it by another node, and shares a read with those who came as late (§4)', async () => {
  const store: Store = { broker: createMemoryBroker(), nodes: new Set() }
  const late = createLateBroker(nodeOn(store), 'a' as ChannelName)
  const here = createGamut({ broker: nodeOn(store), authorize: () => true })
  const there = createGamut({ broker: late.broker, authorize: () => true })
  await Promise.all([here.ready(), there.ready()])
  const poll = async () => {
    const answer = await there.fetch(new Request('http://localhost/channels/a?as=poll&cursor=oldest'))
    return (await answer.json()).messages.map(({ data }: { data: unknown }) => data)
  }
  await here.publish('a', 1)
  const early = poll()
  await expect.poll(late.reads).toBe(1)
  await here.publish('a', 2)
  const later = [poll(), poll(), poll()]
  late.release()
  expect(await early).toEqual([1])
  expect(await Promise.all(later)).toEqual([
    [1, 2],
    [1, 2],
    [1, 2],
  ])
  expect(late.reads()).toBe(2)
  await Promise.all([here.stop(), there.stop()])
})
