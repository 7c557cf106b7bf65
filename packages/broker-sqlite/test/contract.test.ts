import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createVirtualClock } from '@gamut/testing'
import { describeBroker } from '@gamut/testing/suites'
import { createSqliteBroker } from '../src/sqlite-broker.js'

const oneNode = 'one process writes a SQLite file, so there is no second node'

for (const sync of ['full', 'batched'] as const) {
  describeBroker(`SQLite, ${sync}`, {
    create: async () => {
      const folder = await mkdtemp(join(tmpdir(), 'gamut-sqlite-'))
      const clock = createVirtualClock()
      const broker = createSqliteBroker({ file: join(folder, 'gamut.db'), sync, clock })
      return {
        broker,
        advance: async (ms) => {
          await clock.advance(ms)
          // What the clock has set off is done by another thread, in the order of the requests.
          await broker.watch([])
        },
        destroy: () => rm(folder, { recursive: true, force: true }),
      }
    },
    time: 'virtual',
    runs: sync === 'full' ? 60 : 20,
    skips: {
      'announces to every node what one of them appends, in one order (I3)': oneNode,
      "resumes on every node from another node's cursor (I11)": oneNode,
      'stores one entry when the same append reaches several nodes (I2)': oneNode,
      'ends a channel on every node (§3)': oneNode,
    },
  })
}
