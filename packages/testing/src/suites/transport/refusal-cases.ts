import { type ErrorCode, errorKinds } from '@gamut/protocol'
import { expect } from 'vitest'
import type { ReadOptions } from '../../wire/read-request.js'
import type { ReaderEvent } from '../../wire/reader-event.js'
import { takeUntil } from '../../wire/take.js'
import { type TransportCase, type TransportRig, takeData } from './transport-rig.js'

async function readAll(
  rig: TransportRig,
  channel: string | readonly string[],
  options: Partial<ReadOptions> = {},
): Promise<readonly ReaderEvent[]> {
  return takeUntil(rig.read(channel, options), ({ kind }) => kind === 'closed')
}

/** A refusal that waiting cannot mend: nothing but its error, in the way of the transport. */
function expectRefused({ traits }: TransportRig, events: readonly ReaderEvent[], code: ErrorCode): void {
  const [error, closed] = events.filter(({ kind }) => kind !== 'welcome')
  const { status, closeCode } = errorKinds[code] as { status: number; closeCode?: number }
  expect(error).toMatchObject({ kind: 'error', code })
  expect((error as { message?: string }).message).toMatch(/\w.*\.$/s)
  if (traits.refusal === 'status') {
    expect(error).toMatchObject({ status })
    expect(closed).toEqual({ kind: 'closed', how: 'complete', status })
  } else {
    expect(closed).toMatchObject({ kind: 'closed', how: 'complete', code: closeCode ?? expect.any(Number) })
    expect((closed as { code?: number }).code).toBeGreaterThanOrEqual(4100)
  }
}

const badQueries: readonly (readonly [ErrorCode, Partial<ReadOptions>])[] = [
  ['cursor_invalid', { cursor: 'nonsense' }],
  ['cursor_invalid', { cursor: 'e.1' }],
  ['cursor_invalid', { cursor: `e.${2 ** 53}.0` }],
  ['cursor_invalid', { cursor: 'e.-1.0' }],
  ['cursor_invalid', { cursor: 'e.1.0.2' }],
  ['query_invalid', { query: { limit: '0' } }],
  ['query_invalid', { query: { limit: '1.5' } }],
  ['query_invalid', { query: { limit: '1e2' } }],
  ['query_invalid', { query: { last: '-1' } }],
  ['query_invalid', { query: { last: '1e309' } }],
  ['query_invalid', { query: { last: '' } }],
  ['query_invalid', { query: { gap: 'never' } }],
  ['query_invalid', { query: { maxRate: '0' } }],
  ['query_invalid', { query: { maxRate: 'Infinity' } }],
]

/** Bad input and what may not be read (PROTOCOL §13). */
export const refusalCases: readonly TransportCase[] = [
  {
    title: 'refuses a wrong query by its code (§4, §13)',
    run: async (rig) => {
      for (const [code, options] of badQueries) {
        expectRefused(rig, await readAll(rig, rig.channel(), options), code)
      }
    },
  },
  {
    title: 'refuses a wrong name (§2, §13)',
    run: async (rig) => {
      for (const name of ['a%00b', 'a//b', 'a/', '$', 'a%20b', 'a%2Fb', 'a*', 'x'.repeat(256)]) {
        expectRefused(rig, await readAll(rig, name), 'channel_invalid')
      }
    },
  },
  {
    title: 'refuses what may not be read, and names it in a set (§4, §12, I21)',
    run: async (rig) => {
      const [open, secret] = [rig.channel(), rig.channel('secret')]
      expectRefused(rig, await readAll(rig, secret), 'forbidden')
      const events = await readAll(rig, [open, secret])
      expectRefused(rig, events, 'forbidden')
      const error = events.find(({ kind }) => kind === 'error')
      expect(JSON.stringify(error)).toContain(secret)
      expect(events.filter(({ kind }) => kind === 'open' || kind === 'message')).toEqual([])
    },
  },
  {
    title: 'refuses more channels than one reader may have, and a set that is none (§4)',
    run: async (rig) => {
      const many = Array.from({ length: 101 }, () => rig.channel())
      expectRefused(rig, await readAll(rig, many), 'too_many_channels')
      const twice = rig.channel()
      expectRefused(rig, await readAll(rig, [twice, twice]), 'query_invalid')
      const options = { cursor: ['oldest', 'oldest'] }
      expectRefused(rig, await readAll(rig, [rig.channel()], options), 'query_invalid')
    },
  },
  {
    title: 'tells a reader that may come later when to come (§6, §13)',
    run: async (rig) => {
      const events = await readAll(rig, rig.channel('busy'))
      const [told, closed] = events.filter(({ kind }) => kind !== 'welcome')
      const { retryableRefusal } = rig.traits
      if (retryableRefusal === 'reconnect') {
        expect(told).toEqual({ kind: 'reconnect', afterMs: 1500 })
        expect(closed).toEqual({ kind: 'closed', how: 'complete', status: 200 })
      } else {
        expect(told).toMatchObject({ kind: 'error', code: 'rate_limited', retryAfterMs: 1500 })
        expect(closed).toMatchObject(retryableRefusal === 'status' ? { status: 429 } : { how: 'complete' })
      }
    },
  },
  {
    title: 'a refused reader disturbs nobody (§13)',
    run: async (rig) => {
      const channel = rig.channel()
      const reader = rig.read(channel, { cursor: 'oldest' })
      await rig.publish(channel, ['1'])
      expect(await takeData(reader, 1)).toEqual(['1'])
      await readAll(rig, channel, { cursor: 'nonsense' })
      await rig.publish(channel, ['2'])
      expect(await takeData(reader, 1)).toEqual(['2'])
    },
  },
]
