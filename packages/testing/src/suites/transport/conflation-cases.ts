import { expect } from 'vitest'
import type { ReaderEvent } from '../../wire/reader-event.js'
import { takeKind, takeUntil } from '../../wire/take.js'
import type { Line, TransportCase, TransportRig } from './transport-rig.js'

/** What is left out, and what is delivered. */
function countOf(events: readonly ReaderEvent[]): number {
  return events.reduce((sum, event) => {
    if (event.kind === 'message') return sum + 1
    return event.kind === 'skipped' ? sum + event.skipped : sum
  }, 0)
}

/** The newest value of each key, in the order of the events. */
function stateOf(events: readonly ReaderEvent[]): Readonly<Record<string, string>> {
  const state: Record<string, string> = {}
  for (const event of events) {
    if (event.kind === 'message' && event.message.key) state[event.message.key] = event.message.data ?? ''
  }
  return state
}

const isLast = (event: ReaderEvent) => event.kind === 'message' && event.message.key === 'last'

/** Publishes rounds of four keys, each value padded to a size, and a last key behind them; gives how many there were. */
async function publishRounds(
  rig: TransportRig,
  channel: string,
  rounds: number,
  padding: string,
): Promise<number> {
  for (let round = 1; round <= rounds; round++) {
    const lines: Line[] = ['a', 'b', 'c', 'd'].map((key) => ({
      key,
      data: JSON.stringify(`${round}${padding}`),
    }))
    await rig.publish(channel, lines)
  }
  await rig.publish(channel, [{ key: 'last', data: '0' }])
  return rounds * 4 + 1
}

/** Readers that get less than everything, and know it (PROTOCOL §8, §9, I13). */
export const conflationCases: readonly TransportCase[] = [
  {
    title:
      'at a greatest rate what comes and what is skipped are all that was published, and the last value comes (I13)',
    run: async (rig) => {
      const channel = rig.channel()
      const reader = rig.read(channel, { query: { maxRate: '50' } })
      await takeKind(reader, 'open')
      const published = await publishRounds(rig, channel, 40, '')
      const events = await takeUntil(reader, isLast)
      expect(countOf(events)).toBe(published)
      expect(stateOf(events)).toEqual({ a: '"40"', b: '"40"', c: '"40"', d: '"40"', last: '0' })
    },
  },
  {
    title:
      'a reader that stalls gets of each key the newest value where the channel says so, and the count of the rest (§9, I13)',
    run: async (rig) => {
      const channel = rig.channel('conflated')
      const reader = rig.read(channel)
      await takeKind(reader, 'open')
      reader.pause()
      const padding = ' '.repeat(60_000)
      const published = await publishRounds(rig, channel, 80, padding)
      reader.resume()
      const events = await takeUntil(reader, isLast)
      expect(countOf(events)).toBe(published)
      const value = JSON.stringify(`80${padding}`)
      expect(stateOf(events)).toEqual({ a: value, b: value, c: value, d: value, last: '0' })
      if (rig.traits.isHeld) expect(events.some(({ kind }) => kind === 'skipped')).toBe(true)
    },
  },
]
