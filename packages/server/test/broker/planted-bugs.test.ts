import { createVirtualClock } from '@gamut/testing'
import { checkBrokerHistories } from '@gamut/testing/suites'
import { expect, it } from 'vitest'
import type { Broker, ReadResult } from '../../src/broker/broker.js'
import { createMemoryBroker } from '../../src/broker/memory.js'

/** A broker that reads well but for what `spoil` makes of it. */
const reading = (spoil: (result: ReadResult) => ReadResult) => (broker: Broker) => ({
  ...delegate(broker),
  read: async (...read: Parameters<Broker['read']>) => spoil(await broker.read(...read)),
})

function delegate(broker: Broker): Broker {
  return {
    start: (...start) => broker.start(...start),
    append: (...append) => broker.append(...append),
    read: (...read) => broker.read(...read),
    heads: (channels) => broker.heads(channels),
    watch: (channels) => broker.watch(channels),
    unwatch: (channels) => broker.unwatch(channels),
    close: () => broker.close(),
  }
}

const bugs: Readonly<Record<string, (broker: Broker) => Broker>> = {
  'leaves out an entry': reading((result) => ({
    ...result,
    messages: result.messages.filter((_, index) => index !== 2),
  })),
  'swaps two entries': reading((result) => {
    const [one, two, ...rest] = result.messages
    return one && two ? { ...result, messages: [two, one, ...rest] } : result
  }),
  'gives an entry twice': reading((result) => ({
    ...result,
    messages: result.messages.flatMap((message, index) => (index === 1 ? [message, message] : message)),
  })),
  'is silent about a gap': reading(({ gap, ...result }) =>
    gap === 'expired' ? result : { ...result, ...(gap && { gap }) },
  ),
  'says a gap where nothing is missing': reading((result) =>
    result.messages.length === 2 && !result.gap
      ? { ...result, after: result.oldest, gap: 'expired' }
      : result,
  ),
  'names the wrong reason': reading((result) => (result.gap ? { ...result, gap: 'expired' } : result)),
  'says there is no more': reading((result) => ({ ...result, more: false })),
  'ends a snapshot too early': reading((result) =>
    result.cursor.split('.').length === 4 ? { ...result, cursor: result.head, snapshotEnd: true } : result,
  ),
  'answers a cursor that is too far': reading((result) => ({ ...result, cursor: result.head })),
  'changes an entry': reading((result) => ({
    ...result,
    messages: result.messages.map((message, index) =>
      index === 1 ? { ...message, time: message.time + 1 } : message,
    ),
  })),
  'acknowledges before it appends, and then loses it': (broker) => {
    let appends = 0
    return {
      ...delegate(broker),
      append: async (channel, messages, options) => {
        appends += 1
        if (appends % 7 > 0) return broker.append(channel, messages, options)
        const { cursor } = await broker.read(channel, { last: 0 }, { count: 1, bytes: 1 })
        const appended = messages.map(() => ({ offset: 1_000_000 + appends, time: 0, replayed: false }))
        return { ok: true, cursor, messages: appended, replayed: false }
      },
    }
  },
  'forgets idempotency keys': (broker) => ({
    ...delegate(broker),
    append: (channel, messages, { idempotency: _, ...options }) => broker.append(channel, messages, options),
  }),
  'forgets ids': (broker) => ({
    ...delegate(broker),
    append: (channel, messages, options) =>
      broker.append(
        channel,
        messages.map(({ hash: _, ...message }) => message),
        options,
      ),
  }),
  'takes publishers for one': (broker) => ({
    ...delegate(broker),
    append: (channel, messages, options) =>
      broker.append(channel, messages, { ...options, publisher: 'all' }),
  }),
  'takes a deletion for a message': (broker) => ({
    ...delegate(broker),
    append: (channel, messages, options) =>
      broker.append(
        channel,
        messages.map(({ deleted: _, ...message }) => message),
        options,
      ),
  }),
  'announces a part of a batch': (broker) => ({
    ...delegate(broker),
    start: (listener, settings) =>
      broker.start(
        {
          ...listener,
          onBatch: (batch) => listener.onBatch({ ...batch, messages: batch.messages.slice(0, 3) }),
        },
        settings,
      ),
  }),
}

function check(plant: (broker: Broker) => Broker): Promise<void> {
  const clock = createVirtualClock()
  return checkBrokerHistories({
    create: async () => ({ broker: plant(createMemoryBroker({ clock })), advance: clock.advance }),
    time: 'virtual',
  })
}

it('the models find nothing in a broker without a bug (guarantees: the checker is itself tested)', async () => {
  await expect(check(delegate)).resolves.toBeUndefined()
})

for (const [bug, plant] of Object.entries(bugs)) {
  it(`the models find a broker that ${bug} (guarantees: the checker is itself tested)`, async () => {
    await expect(check(plant)).rejects.toThrow(/Property failed/)
  })
}
