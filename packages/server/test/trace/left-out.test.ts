import { type ReaderEvent, takeKind, takeUntil } from '@gamut/testing'
import { describe, expect, it } from 'vitest'
import type { Explanation, Gamut } from '../../src/index.js'
import { opened, startTraced } from './rig.js'

const keys = ['a', 'b', 'c', 'd']

interface Sent {
  readonly offset: number
  readonly key: string
}

/** Publishes rounds of four keys and a last one behind them. */
async function publishRounds(
  gamut: Gamut,
  channel: string,
  rounds: number,
  padding: string,
): Promise<Sent[]> {
  const sent: Sent[] = []
  for (let round = 1; round <= rounds; round++) {
    for (const key of keys) {
      sent.push({ key, offset: (await gamut.publish(channel, `${round}${padding}`, { key })).offset })
    }
  }
  sent.push({ key: 'last', offset: (await gamut.publish(channel, 0, { key: 'last' })).offset })
  return sent
}

const isLast = (event: ReaderEvent) => event.kind === 'message' && event.message.key === 'last'

/** What the reader saw, held against what is explained of each message. */
async function compare(
  sent: readonly Sent[],
  events: readonly ReaderEvent[],
  explain: (offset: number) => Promise<Explanation>,
  leftOut: 'conflated' | 'skipped',
) {
  const got = new Map(
    events.flatMap((event) =>
      event.kind === 'message' ? [[event.message.offset, event.message.key] as const] : [],
    ),
  )
  const skipped = events.reduce((sum, event) => sum + (event.kind === 'skipped' ? event.skipped : 0), 0)
  expect(got.size + skipped).toBe(sent.length)
  expect(skipped).toBeGreaterThan(0)
  for (const { offset, key } of sent) {
    const { verdict, by } = await explain(offset)
    if (got.has(offset)) expect({ offset, verdict }).toEqual({ offset, verdict: 'delivered' })
    else {
      const next = [...got].find(([other, otherKey]) => other > offset && otherKey === key)
      expect({ offset, verdict, by }).toEqual({ offset, verdict: leftOut, by: next?.[0] })
    }
  }
}

describe.each(['sse', 'ndjson', 'websocket'] as const)(
  'what a reader over %s did not get (§9, §14)',
  (transport) => {
    it('is conflated by the very message that it got in its place, for each one of a stalled reader', async () => {
      const { open, gamut } = await startTraced({
        channels: { state: { keyed: true, conflate: true, retention: { bytes: 2 ** 28 } } },
      })
      const reader = await opened(open(transport, 'state', 'alice'))
      reader.pause()
      const sent = await publishRounds(gamut, 'state', 60, ' '.repeat(60_000))
      reader.resume()
      const events = await takeUntil(reader, isLast)
      await compare(sent, events, (offset) => gamut.explain('state', offset, 'alice'), 'conflated')
    })

    it('is skipped for its maxRate, and the sums are right', async () => {
      const { open, gamut } = await startTraced({ channels: { state: { keyed: true } } })
      const reader = open(transport, 'state', 'alice', { query: { maxRate: '50' } })
      await takeKind(reader, 'open')
      const sent = await publishRounds(gamut, 'state', 40, '')
      const events = await takeUntil(reader, isLast)
      await compare(sent, events, (offset) => gamut.explain('state', offset, 'alice'), 'skipped')
    })
  },
)

it('says that a snapshot has a newer value of the key in place of an old one (§5, §14)', async () => {
  const { open, gamut } = await startTraced({ channels: { state: { keyed: true } } })
  const old = await gamut.publish('state', 1, { key: 'door' })
  const other = await gamut.publish('state', 1, { key: 'window' })
  const newer = await gamut.publish('state', 2, { key: 'door' })
  await takeKind(open('ndjson', 'state', 'alice'), 'snapshot-end')
  expect(await gamut.explain('state', old.offset, 'alice')).toMatchObject({
    verdict: 'conflated',
    by: newer.offset,
  })
  expect(await gamut.explain('state', other.offset, 'alice')).toMatchObject({ verdict: 'delivered' })
})
