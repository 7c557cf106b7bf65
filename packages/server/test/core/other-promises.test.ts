import { expect, test } from 'vitest'
import { type Broker, createMemoryBroker } from '../../src/index.js'
import { createRig } from '../rig.js'

/** A promise of another library's: it begins when somebody asks, and anew for the next who does. */
function lazily<T>(begin: () => T | Promise<T>): Promise<T> {
  const lazy: PromiseLike<T> = {
    // biome-ignore lint/suspicious/noThenProperty: a promise is known by it
    then: (took, failed) => Promise.resolve().then(begin).then(took, failed),
  }
  return lazy as Promise<T>
}

function createLazyBroker(): Broker {
  const broker = createMemoryBroker()
  return {
    start: (listener, settings) => broker.start(listener, settings),
    append: (...given) => lazily(() => broker.append(...given)),
    read: (...given) => lazily(() => broker.read(...given)),
    heads: (...given) => lazily(() => broker.heads(...given)),
    watch: (channels) => broker.watch(channels),
    unwatch: (channels) => broker.unwatch(channels),
    close: () => broker.close(),
  }
}

test('a broker may answer by promises of another kind, and is asked for each once', async () => {
  const { ask, read, post } = createRig({ broker: createLazyBroker() })
  const stored = await post('/channels/a', '1')
  expect(stored.status).toBe(201)
  expect(await stored.json()).toMatchObject({ messages: [{}] })
  const first = await ask('/channels/a?as=poll&last=5')
  const etag = first.headers.get('etag') ?? ''
  expect(await first.json()).toMatchObject({ messages: [{ data: 1 }] })
  const { head } = await read('/channels/a?info')
  const again = await ask(`/channels/a?as=poll&cursor=${head}`, { headers: { 'if-none-match': etag } })
  expect(again.status).toBe(304)
})

test('a schema that answers by promises of another kind refuses what does not fit (§2)', async () => {
  const schema = {
    '~standard': {
      version: 1 as const,
      vendor: 'test',
      validate: () => lazily(() => ({ issues: [{ message: 'nothing does' }] })),
    },
  }
  const { post } = createRig({ channels: { a: { schema } } })
  expect((await post('/channels/a', '1')).status).toBe(422)
})
