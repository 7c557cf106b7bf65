import { cursorOf, formatCursor, parseCursor } from '@gamut/protocol'
import { expect } from 'vitest'
import { type BrokerCase, expectGap } from './broker-rig.js'

/** A cursor is resumed from exactly when it stands on the log; else the reader is told why not. */
export const positionCases: readonly BrokerCase[] = [
  {
    title: 'says epoch for a cursor of another store (§5)',
    run: async (rig) => {
      const channel = rig.channel()
      await rig.append(channel, ['1', '2'])
      const other = await rig.other()
      const { cursor } = await other.append(other.channel(), ['1'])
      expectGap(await rig.read(channel, { cursor }), 'epoch', ['1', '2'])
      expectGap(await rig.read(rig.channel(), { cursor }), 'epoch', [])
    },
  },
  {
    title: 'says diverged for a cursor above the head (I10)',
    run: async (rig) => {
      const channel = rig.channel()
      const { cursor } = await rig.append(channel, ['1', '2'])
      const parts = parseCursor(cursor)
      if (!parts) expect.fail(`${cursor} is no cursor`)
      for (const above of [1, 1_000, Number.MAX_SAFE_INTEGER - parts.offset]) {
        const ahead = formatCursor({ ...parts, offset: parts.offset + above })
        expectGap(await rig.read(channel, { cursor: ahead }), 'diverged', ['1', '2'])
      }
    },
  },
  {
    title: 'says diverged for a cursor above the head of a name that nobody has written (I10)',
    run: async (rig) => {
      const channel = rig.channel()
      const parts = parseCursor((await rig.head(channel)).head)
      if (!parts) expect.fail('the head is no cursor')
      const cursor = formatCursor({ ...parts, offset: parts.offset + 1 })
      expectGap(await rig.read(channel, { cursor }), 'diverged', [])
    },
  },
  {
    title: 'says diverged for a cursor whose entry is another one, even below the head (I10)',
    run: async (rig) => {
      const channel = rig.channel()
      await rig.append(channel, ['1', '2', '3'])
      const all = await rig.read(channel, 'oldest')
      for (const message of all.messages) {
        const cursor = cursorOf(all, { ...message, tag: `${message.tag}x` })
        expectGap(await rig.read(channel, { cursor }), 'diverged', ['1', '2', '3'])
      }
    },
  },
  {
    title: "never resumes from another channel's cursor that is not one of its own (I10)",
    run: async (rig) => {
      const [mine, theirs] = [rig.channel(), rig.channel()]
      const first = await rig.append(mine, ['1'])
      const foreign = await rig.append(theirs, ['"x"'])
      const second = await rig.append(mine, ['2'])
      const after = await rig.append(theirs, ['"y"'])
      for (const { cursor } of [foreign, after]) {
        const result = await rig.read(mine, { cursor })
        if (cursor === first.cursor || cursor === second.cursor) continue
        // A store of several parts, as a Cluster is, has an epoch of each.
        expect(['diverged', 'epoch'], cursor).toContain(result.gap)
      }
      expect((await rig.read(mine, { cursor: first.cursor })).gap).toBeUndefined()
    },
  },
  {
    title: 'pages from the oldest message that is left after a gap (§5)',
    run: async (rig) => {
      const channel = rig.channel({ retention: { count: 4 } })
      const { head } = await rig.head(channel)
      await rig.append(channel, ['1', '2', '3', '4', '5', '6'])
      const first = await rig.read(channel, { cursor: head }, { count: 3 })
      expectGap(first, 'expired', ['3', '4', '5'])
      expect(first.more).toBe(true)
      const second = await rig.read(channel, { cursor: first.cursor }, { count: 3 })
      expect(second).toMatchObject({ after: first.cursor, more: false })
      expect(second.gap).toBeUndefined()
    },
  },
]
