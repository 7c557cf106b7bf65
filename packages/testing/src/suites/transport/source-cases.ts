import { expect } from 'vitest'
import { takeKind, takeMessages, takeUntil } from '../../wire/take.js'
import { type TransportCase, takeData } from './transport-rig.js'

/** Channels that are computed while somebody reads them (PROTOCOL §2). */
export const sourceCases: readonly TransportCase[] = [
  {
    title: 'a computed channel gives its value, and each other value as it changes (§2)',
    run: async (rig) => {
      const values = (await takeData(rig.read(rig.channel('counter')), 3)).map(Number)
      expect(values).toEqual([...values].sort((a, b) => a - b))
      expect(new Set(values).size).toBe(3)
    },
  },
  {
    title: 'all readers of a computed channel get the same messages, since it is computed once for all (§2)',
    run: async (rig) => {
      const channel = rig.channel('counter')
      const [first, second] = [
        rig.read(channel, { cursor: 'oldest' }),
        rig.read(channel, { cursor: 'oldest' }),
      ]
      const [one, other] = await Promise.all([takeMessages(first, 4), takeMessages(second, 4)])
      expect(one).toEqual(other)
    },
  },
  {
    title: 'tells readers that a computed channel fails, and goes on when it works again (§2)',
    run: async (rig) => {
      const reader = rig.read(rig.channel('shaky'))
      const events = await takeUntil(reader, ({ kind }) => kind === 'message')
      const error = events.find(({ kind }) => kind === 'error')
      expect(error).toMatchObject({ code: 'source_failed' })
      expect(JSON.stringify(error)).not.toContain('a secret of the database')
      expect((await takeKind(reader, 'message')).message.data).toBe('2')
    },
  },
]
