import { connect, defineChannels, typed } from '@gamut/client'
import { createTestServer } from '@gamut/testing/app'
import { describe, expect, it, onTestFinished } from 'vitest'

/** A page that keeps positions, and reads by a schema whose answers the test gives. */
function start() {
  const server = createTestServer<object>({ channels: { k: { keyed: true } } })
  onTestFinished(() => server.close())
  const environment = server.environment()
  const answers = new Map<unknown, () => void>()
  const validate = (value: unknown) =>
    new Promise((resolve) => answers.set(value, () => resolve({ value }))) as never
  const schema = { '~standard': { version: 1, vendor: 'test', validate } } as const
  const channels = typed(defineChannels({ a: { schema }, k: { schema } }))
  /** Loads the page: what it is told from then on. */
  const load = (name: 'a' | 'k' = 'a') => {
    const client = connect(server.url, { environment, channels, transport: 'sse', positions: 'keep' })
    onTestFinished(() => client.close())
    const told: unknown[] = []
    client.channel(name).subscribe(({ data }) => told.push(data))
    return { client, told }
  }
  const answer = async (value: unknown) => {
    answers.get(value)?.()
    await server.settle()
  }
  return { server, load, answer }
}

describe('a position that is kept', () => {
  it('is that before the first message that a schema still reads', async () => {
    const { server, load, answer } = start()
    await server.publish('a', 0)
    const first = load()
    await server.settle()
    await answer(0)
    for (const data of [1, 2, 3]) await server.publish('a', data)
    await server.advance(1000)
    await answer(1)
    await answer(3)
    expect(first.told).toEqual([0, 1])
    first.client.close()
    const { told } = load()
    await server.settle()
    for (const data of [2, 3]) await answer(data)
    expect(told).toEqual([2, 3])
  })

  it('is that of all once all are read, and none before the first is', async () => {
    const { server, load, answer } = start()
    await server.publish('a', 1)
    const first = load()
    await server.settle()
    expect(first.client.channel('a').status.cursor).toBe('test1.0.0')
    first.client.close()
    const second = load()
    await server.settle()
    await answer(1)
    expect(second.told).toEqual([1])
    second.client.close()
    await server.publish('a', 2)
    const { told } = load()
    await server.settle()
    await answer(2)
    expect(told).toEqual([2])
  })

  it('is none while a snapshot is read (§5)', async () => {
    const { server, load, answer } = start()
    for (const key of ['x', 'y']) await server.publish('k', key, { key })
    const first = load('k')
    await server.settle()
    await answer('x')
    first.client.close()
    const { told } = load('k')
    await server.settle()
    for (const data of ['x', 'y']) await answer(data)
    expect(told).toEqual(['x', 'y'])
  })
})
