import { createVirtualClock } from '@gamut/testing'
import { describe, expect, it } from 'vitest'
import { createMemoryBroker } from '../../src/index.js'
import { nodeOn, type Store } from '../broker/shared-store.js'
import { createCutBroker } from './cut-broker.js'
import { createTenureRig, heldTransports } from './rig.js'

/** The status or close code by which each transport ends for who is revoked. */
const endings = { 'long-poll': 403, sse: 0, ndjson: 0, websocket: 4104 } as const

/** Two nodes, of which one has two readers and is cut off from the store when the other revokes the first of them. */
async function revokeOutOfSight(target: string) {
  const clock = createVirtualClock()
  const store: Store = { broker: createMemoryBroker({ clock }), nodes: new Set() }
  const here = createTenureRig({ clock, broker: nodeOn(store) })
  const way = createCutBroker(nodeOn(store))
  const there = createTenureRig({ clock, broker: way })
  there.known.set('ann', { id: 'ann' })
  there.known.set('bob', { id: 'bob' })
  await here.turns()
  const reading = await there.open(target, { token: 'ann' })
  const other = await there.open(target, { token: 'bob' })
  await there.turns()
  way.cut()
  expect((await here.revoke({ identity: 'ann' })).status).toBe(200)
  return { clock, here, there, way, reading, other }
}

describe.each(heldTransports)('an identity that is revoked, read by %s,', (transport) => {
  const target = `/channels/a?as=${transport}&wait=60&cursor=newest`

  it('ends on a node that could not see its broker before anything that was missed is told (§12, I21)', async () => {
    const { here, there, way, reading, other } = await revokeOutOfSight(target)
    await here.gamut.publish('a', 'while it was cut')
    // Messages flow again before the node knows that it sees its broker.
    way.mend()
    await here.gamut.publish('a', 'once it was mended')
    await there.turns()
    way.restore()
    await there.turns()
    await there.turns()
    expect(reading.text).not.toContain('it was')
    expect(reading.ending?.status).toBe(endings[transport])
    expect(other.text).toContain('once it was mended')
  })

  it('is told nothing that was missed while it cannot be read who is revoked (§12, I21)', async () => {
    const { clock, here, there, way, reading } = await revokeOutOfSight(target)
    await here.gamut.publish('a', 'while it was cut')
    way.mend()
    way.hold('$revocations')
    way.restore()
    await there.turns()
    await clock.advance(1100)
    await there.turns()
    expect(reading.text).not.toContain('it was')
    way.release()
    await clock.advance(3000)
    await there.turns()
    expect(reading.text).not.toContain('it was')
    expect(reading.ending?.status).toBe(endings[transport])
  })

  it('ends although what was read of revocations was lost with the broker (§12, I21)', async () => {
    const { clock, here, there, way, reading, other } = await revokeOutOfSight(target)
    way.mend()
    way.hold('$revocations')
    await clock.advance(600)
    await there.turns()
    way.cut()
    way.release()
    await there.turns()
    await here.gamut.publish('a', 'while it was cut')
    way.mend()
    way.restore()
    for (let second = 0; second < 5; second += 1) {
      await clock.advance(1000)
      await there.turns()
    }
    expect(reading.text).not.toContain('it was')
    expect(reading.ending?.status).toBe(endings[transport])
    expect(other.text).toContain('while it was cut')
  })
})
