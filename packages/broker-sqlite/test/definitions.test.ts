import { createGamut } from '@gamut/server'
import { expect, it } from 'vitest'
import { createSqliteBroker } from '../src/sqlite-broker.js'
import { newFile } from './support/folder.js'

it('keeps channels whose definitions have functions: a source, an upcast (§2)', async () => {
  const gamut = createGamut({
    broker: createSqliteBroker({ file: newFile() }),
    authorize: () => true,
    channels: {
      report: { source: { load: () => ({ answer: 42 }), everyMs: 1000 } },
      orders: { upcast: (data) => data, version: 1 },
    },
  })
  await gamut.ready()
  await gamut.publish('orders', { v: 1 })
  for (const [channel, data] of [
    ['report', { answer: 42 }],
    ['orders', { v: 1 }],
  ] as const) {
    const answer = await gamut.fetch(new Request(`http://localhost/channels/${channel}?as=poll`))
    expect(await answer.json()).toMatchObject({ messages: [{ data }] })
  }
  await gamut.stop()
})
