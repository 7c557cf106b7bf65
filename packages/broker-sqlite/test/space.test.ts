import { statSync } from 'node:fs'
import { createVirtualClock } from '@gamut/testing'
import { expect, it } from 'vitest'
import { newFile } from './support/folder.js'
import { openBroker } from './support/open-broker.js'

const data = JSON.stringify('x'.repeat(1_000))
const hundred = Array.from({ length: 100 }, () => ({ data }))

it('gives space back to the file system once messages are too old, also of channels that nobody asks for', async () => {
  const file = newFile()
  const clock = createVirtualClock()
  const retention = { count: 100_000, bytes: 1_000_000_000, ageMs: 60_000 }
  const store = await openBroker({ file, clock, sync: 'off' }, { retention })
  for (let index = 0; index < 80; index += 1) await store.append(`c${index % 8}`, hundred)
  const size = () => statSync(file).size + statSync(`${file}-wal`).size
  const largest = size()
  expect(largest).toBeGreaterThan(8_000_000)
  await clock.advance(61_000)
  await expect
    .poll(
      async () => {
        await clock.advance(1_000)
        return size()
      },
      { timeout: 10_000 },
    )
    .toBeLessThan(largest / 10)
  expect((await store.read('c0', 'oldest')).messages).toEqual([])
})

it('uses the space of what retention by count took: a log that turns over does not grow', async () => {
  const file = newFile()
  const retention = { count: 200, bytes: 1_000_000_000, ageMs: 3_600_000 }
  const store = await openBroker({ file, sync: 'off' }, { retention })
  const sizes: number[] = []
  for (let round = 0; round < 10; round += 1) {
    for (let index = 0; index < 10; index += 1) await store.append('c', hundred)
    sizes.push(statSync(file).size)
  }
  // Some 200 messages of 1 KB, and what is deleted in portions.
  expect(Math.max(...sizes)).toBeLessThan(2_000_000)
  expect((await store.read('c', 'oldest')).messages).toHaveLength(200)
})
