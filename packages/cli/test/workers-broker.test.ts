import type { ChannelName } from '@gamut/protocol'
import type { Broker } from '@gamut/server'
import { createLogSettings, createMemoryBroker } from '@gamut/server'
import { createVirtualClock } from '@gamut/testing'
import { describeBroker } from '@gamut/testing/suites'
import { expect, it } from 'vitest'
import type { FromBroker, Line, ToBroker } from '../src/workers/line.js'
import { createLineBroker } from '../src/workers/line-broker.js'
import { type SharedBroker, shareBroker } from '../src/workers/share-broker.js'

/** Both ends of a line in one process, as they are between processes. */
function createLines(): { worker: Line<FromBroker>; parent: Line<ToBroker> } {
  function createEnds<Item>() {
    let take: (items: readonly Item[]) => void = () => {}
    return {
      send: (texts: readonly string[]) => {
        setImmediate(() => take(JSON.parse(`[${texts.join(',')}]`)))
      },
      receive: (listener: typeof take) => {
        take = listener
      },
    }
  }
  const up = createEnds<ToBroker>()
  const down = createEnds<FromBroker>()
  return {
    worker: { send: up.send, receive: down.receive },
    parent: { send: down.send, receive: up.receive },
  }
}

describeBroker('that workers share', {
  create: async () => {
    const clock = createVirtualClock()
    const store = createMemoryBroker({ clock })
    let sharing: Promise<SharedBroker> | undefined
    const join = (): Broker => {
      const { worker, parent } = createLines()
      const broker = createLineBroker(worker)
      return {
        start: async (listener, settings) => {
          sharing ??= shareBroker(store, settings)
          const share = await sharing
          share.join(parent)
          await broker.start(listener, settings)
        },
        append: (...given) => broker.append(...given),
        read: (...given) => broker.read(...given),
        heads: (channels) => broker.heads(channels),
        watch: (channels) => broker.watch(channels),
        unwatch: (channels) => broker.unwatch(channels),
        close: () => broker.close(),
      }
    }
    // What was sent before time passed has arrived then.
    const advance = async (ms: number) => {
      await clock.advance(ms)
      for (let turn = 0; turn < 6; turn += 1) await new Promise((resolve) => setImmediate(resolve))
    }
    return { broker: join(), advance, peer: async () => join(), destroy: () => store.close() }
  },
  time: 'virtual',
  runs: 20,
})

it('tells a worker that takes nothing only heads once it takes again, whatever was announced meanwhile', async () => {
  const store = createMemoryBroker()
  const share = await shareBroker(store, createLogSettings({}))
  const sent: FromBroker[] = []
  const waiting: (() => void)[] = []
  const turn = () => new Promise((resolve) => setImmediate(resolve))
  let ask: (items: readonly ToBroker[]) => void = () => {}
  share.join({
    send: (texts, taken) => {
      sent.push(...texts.map((text) => JSON.parse(text)))
      if (taken) waiting.push(taken)
    },
    receive: (listener) => {
      ask = listener
    },
  })
  const channels = ['a', 'b'] as ChannelName[]
  ask([{ id: 1, ask: ['watch', channels] }])
  await turn()
  const data = JSON.stringify('x'.repeat(1_000_000))
  let last = ''
  for (let n = 0; n < 40; n += 1)
    for (const channel of channels) {
      const result = await store.append(channel, [{ data }], { publisher: 'p' })
      if (result.ok) last = result.cursor
      await turn()
    }
  const announced = () =>
    sent.flatMap((item) => (typeof item === 'object' && 'batch' in item ? [item.batch] : []))
  expect(announced()).toHaveLength(17)
  sent.length = 0
  for (const taken of waiting.splice(0)) taken()
  await turn()
  expect(announced()).toHaveLength(2)
  expect(announced()).toContainEqual(
    expect.objectContaining({ channel: 'b', messages: [], after: last, cursor: last }),
  )
})

it('asks once for the heads that are looked for in one turn', async () => {
  const sent: ToBroker[][] = []
  let answer: (items: readonly FromBroker[]) => void = () => {}
  const broker = createLineBroker({
    send: (texts) => void sent.push(texts.map((text) => JSON.parse(text))),
    receive: (listener) => {
      answer = listener
    },
  })
  const listener = { onBatch: () => {}, onInterrupted: () => {}, onRestored: () => {} }
  await broker.start(listener, createLogSettings({}))
  const [a, b] = ['a', 'b'] as [ChannelName, ChannelName]
  const first = Promise.all([broker.heads([a]), broker.heads([a, b]), broker.heads([a])])
  await new Promise((resolve) => setImmediate(resolve))
  const second = broker.heads([a])
  await new Promise((resolve) => setImmediate(resolve))
  expect(sent).toEqual([[{ id: 1, ask: ['heads', [a, b]] }], [{ id: 2, ask: ['heads', [a]] }]])
  const head = { head: 'x', oldest: 'x', closed: false }
  answer([
    { id: 2, answer: [] },
    { id: 1, answer: [[b, head]] },
  ])
  expect(await first).toEqual(Array(3).fill(new Map([[b, head]])))
  expect(await second).toEqual(new Map())
})
