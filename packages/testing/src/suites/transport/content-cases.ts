import { expect } from 'vitest'
import { takeMessages } from '../../wire/take.js'
import { numbers, type TransportCase } from './transport-rig.js'

/** JSON texts that a framing, a parser or a second encoding would change. */
const texts: readonly string[] = [
  'null',
  'false',
  '0',
  '-0',
  '1.0',
  '1e3',
  '12345678901234567890',
  '1e400',
  '""',
  '"\\n"',
  '"a\\r\\nb\\rc\\n\\nd"',
  '"\\u0000\\u001f"',
  '"\\u2028\u2028\\u2029\u2029"',
  '"\ufeff"',
  '"\\ufeff\\/\\u0041"',
  '"\\ud800"',
  '"😀 ü é"',
  '"data: x\\n\\nevent: $end\\nid: 1"',
  '": comment"',
  '[]',
  '[1,[2,[3,{}]]]',
  '{ "a" : 1 ,  "a" : 2 }',
  '{"__proto__":{"x":1},"constructor":1}',
  '{"type":"end","channel":"x","messages":[]}',
  `"${'x'.repeat(60_000)}"`,
]

/** What is published comes out as it went in (I12, I23). */
export const contentCases: readonly TransportCase[] = [
  {
    title: 'data comes byte for byte as it was published (§3, I12)',
    run: async (rig) => {
      const channel = rig.channel()
      for (const text of texts) await rig.post(`/channels/${channel}`, text, 'application/json')
      const taken = await takeMessages(rig.read(channel, { cursor: 'oldest' }), texts.length)
      expect(taken.map(({ message }) => message.data)).toEqual(texts)
    },
  },
  {
    title: 'line feeds between tokens become spaces, and text becomes a string (§3)',
    run: async (rig) => {
      const channel = rig.channel()
      await rig.post(`/channels/${channel}`, '{\n  "a":\r\n [1,\r2]\n}', 'application/json')
      await rig.post(`/channels/${channel}`, 'a "text"\r\nof two lines', 'text/plain')
      await rig.post(`/channels/${channel}`, '', 'text/plain')
      const taken = await takeMessages(rig.read(channel, { cursor: 'oldest' }), 3)
      expect(taken.map(({ message }) => message.data)).toEqual([
        '{   "a":   [1, 2] }',
        '"a \\"text\\"\\r\\nof two lines"',
        '""',
      ])
    },
  },
  {
    title: 'each message carries its offset, time, event, key and id, and nothing that it has not (§1, §15)',
    run: async (rig) => {
      const channel = rig.channel('keyed')
      const begin = Date.now()
      await rig.publish(channel, [
        { data: '1', event: 'häppened: x', key: 'a key', id: 'id-1' },
        { data: '2', key: '__proto__' },
      ])
      const [first, second] = await takeMessages(rig.read(channel, { cursor: 'oldest' }), 2)
      expect(first?.message).toMatchObject({ data: '1', event: 'häppened: x', key: 'a key', id: 'id-1' })
      const { offset = 0, time = 0, tag, ...named } = second?.message ?? {}
      expect(named).toEqual({ data: '2', key: '__proto__' })
      expect(tag).toMatch(/^[A-Za-z0-9]+$/)
      expect(offset).toBeGreaterThan(first?.message.offset ?? Number.POSITIVE_INFINITY)
      expect(time).toBeGreaterThanOrEqual(begin)
      expect(time).toBeLessThanOrEqual(Date.now())
    },
  },
  {
    title: 'names with every letter that a name may have are read under that name (§2)',
    run: async (rig) => {
      const channel = `${rig.channel()}/A-z_0.9~a:b@c=d`
      await rig.publish(channel, numbers(1, 1))
      const reader = rig.read(channel, { cursor: 'oldest' })
      expect(await takeMessages(reader, 1)).toMatchObject([{ channel, message: { data: '1' } }])
    },
  },
]
