import type { Message } from '@gamut/client'
import { defineChannels, typed } from '@gamut/client'
import { defaultEnvironment } from '@gamut/client/core'
import { describe, expect, it } from 'vitest'

type Reading = NonNullable<ReturnType<ReturnType<typeof typed>>>
type Listener = Parameters<ReturnType<Reading['listen']>>[0]

/** A schema whose answers the test gives, and a subscription by hand. */
function setUp() {
  const answers = new Map<unknown, { resolve: (value: unknown) => void; reject: (error: unknown) => void }>()
  const deadlines = new Set<() => void>()
  const threw: unknown[] = []
  const validate = (value: unknown): never => {
    if (value === 'sync') return { value } as never
    if (value === 'throws') throw new RangeError('thrown')
    return new Promise((resolve, reject) => {
      answers.set(value, { resolve: (value) => resolve({ value }), reject })
    }) as never
  }
  const channels = typed(
    defineChannels({ a: { schema: { '~standard': { version: 1, vendor: 'test', validate } } } }),
  )
  const reading = channels('a', {
    environment: {
      ...defaultEnvironment(),
      after: (_, call) => {
        deadlines.add(call)
        return () => deadlines.delete(call)
      },
    },
    threw: (error) => threw.push(error),
    unheard: (error) => threw.push(error.message),
  })
  if (!reading) throw new Error('the definition was not found')
  const inner: Listener[] = []
  const listen = reading.listen((listener) => {
    inner.push(listener)
    return () => inner.splice(inner.indexOf(listener), 1)
  })
  const told: unknown[] = []
  const stop = listen({
    message: ({ data }) => {
      told.push(data)
      if (data === 'bad listener') throw new Error(data)
    },
    onInvalid: ({ issues }) => told.push(issues[0]?.message),
    onGap: ({ reason }) => told.push(reason),
    onEnd: (reason) => told.push(reason),
    onError: ({ code }) => told.push(code),
  })
  const come = (data: unknown) =>
    inner[0]?.message?.({ offset: 1, time: 0, data } as Message, { channel: 'a', cursor: '' })
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve))
  const answer = async (value: unknown) => {
    answers.get(value)?.resolve(value)
    await turn()
  }
  return { answers, answer, come, deadlines, inner, told, threw, stop, turn, listen }
}

describe('messages with an asynchronous schema', () => {
  it('are told in the order in which they came, whichever is read first, and all else between them', async () => {
    const { answer, come, inner, told } = setUp()
    come('one')
    come('sync')
    inner[0]?.onGap?.({ reason: 'evicted', after: '', cursor: '' } as never)
    come('two')
    inner[0]?.onEnd?.('closed')
    await answer('two')
    expect(told).toEqual([])
    await answer('one')
    expect(told).toEqual(['one', 'sync', 'evicted', 'two', 'closed'])
  })

  it('are told at once where nothing waits', () => {
    const { come, told } = setUp()
    come('sync')
    expect(told).toEqual(['sync'])
  })

  it('do not fit where the schema throws, rejects, or does not answer in time', async () => {
    const { answers, come, deadlines, told, turn } = setUp()
    come('throws')
    come('rejects')
    come('mute')
    answers.get('rejects')?.reject(new RangeError('rejected'))
    await turn()
    expect(deadlines.size).toBe(1)
    for (const pass of deadlines) pass()
    await turn()
    expect(told).toEqual(['RangeError: thrown', 'RangeError: rejected', 'schema timeout'])
  })

  it('are read once for all listeners', async () => {
    const { answer, answers, inner, listen, told } = setUp()
    const also: unknown[] = []
    listen({ message: ({ data }) => also.push(data) })
    const message = { offset: 1, time: 0, data: 'one' }
    for (const listener of inner) listener.message?.(message, { channel: 'a', cursor: '' })
    expect(answers.size).toBe(1)
    await answer('one')
    expect([told, also]).toEqual([['one'], ['one']])
  })

  it('are not told any more to who has stopped', async () => {
    const { answer, come, inner, stop, told } = setUp()
    come('one')
    stop()
    await answer('one')
    expect([told, inner]).toEqual([[], []])
  })

  it('go on behind a listener that throws, which is reported', async () => {
    const { answer, come, told, threw } = setUp()
    come('bad listener')
    come('two')
    await answer('two')
    await answer('bad listener')
    expect(told).toEqual(['bad listener', 'two'])
    expect(threw).toEqual([new Error('bad listener')])
  })

  it('are bounded: a listener for which too many wait is told so behind them, and listens no more', async () => {
    const { answer, come, inner, told } = setUp()
    for (let count = 0; count <= 10_000; count += 1) come(count === 0 ? 'one' : 'sync')
    expect(inner).toEqual([])
    await answer('one')
    expect(told.length).toBe(10_001)
    expect([told[0], told.at(-2), told.at(-1)]).toEqual(['one', 'sync', 'behind'])
  })
})
