import { describe, expect, it } from 'vitest'
import { createNodes } from '../presence/rig.js'
import { heldTransports } from '../tenure/rig.js'

type Node = ReturnType<typeof createNodes>['nodes'][number]

function pair(options = {}) {
  const { nodes } = createNodes(2, options)
  return { here: nodes[0] as Node, there: nodes[1] as Node }
}

const post = (node: Node, data: unknown) =>
  node.ask('/channels/a', {
    token: 'ann',
    method: 'POST',
    body: JSON.stringify(data),
    headers: { 'content-type': 'application/json' },
  })

/** How each transport tells that the node cannot see its store, and that it can again. */
const beats = {
  sse: ['event: $heartbeat\ndata: {"stale":true}', 'event: $heartbeat\ndata: {}'],
  ndjson: ['{"type":"heartbeat","stale":true}', '{"type":"heartbeat"}'],
  websocket: ['{"type":"heartbeat","stale":true}', '{"type":"heartbeat"}'],
} as const

describe('while the store is away', () => {
  it.each(['sse', 'ndjson', 'websocket'] as const)(
    'a reader by %s stays, is told at once that it may be behind, gets what it missed, and is told that it has all (§6, §7)',
    async (transport) => {
      const { here, there } = pair()
      const reading = await here.open(`/channels/a?as=${transport}&cursor=newest`, { token: 'ann' })
      await here.turns()
      here.cut()
      await here.turns()
      const [stale, live] = beats[transport]
      expect(reading.text).toContain(stale)
      reading.text = ''
      await there.gamut.publish('a', 'missed')
      await here.pass(5000)
      expect(reading.text).not.toContain('missed')
      here.mend()
      await here.pass(2000)
      expect(reading.text.indexOf('missed')).toBeGreaterThan(-1)
      expect(reading.text).toContain(live)
      expect(reading.ending).toBeUndefined()
      await there.gamut.publish('a', 'next')
      await here.turns()
      expect(reading.text.match(/missed|next/g)).toEqual(['missed', 'next'])
    },
  )

  it('a long-poll waits on, and is answered once it is back', async () => {
    const { here, there } = pair()
    const reading = await here.open('/channels/a?as=long-poll&wait=60&cursor=newest', { token: 'ann' })
    await here.turns()
    here.cut()
    await there.gamut.publish('a', 'missed')
    await here.pass(20_000)
    expect(reading.isOver).toBe(false)
    here.mend()
    await here.pass(1000)
    expect(reading.text).toContain('missed')
  })

  it.each(heldTransports)('a new read by %s is told to come back (§4, §6, §7)', async (transport) => {
    const { here } = pair()
    await here.turns()
    here.cut()
    const reading = await here.open(`/channels/a?as=${transport}&wait=1`, { token: 'ann' })
    await here.turns()
    expect(reading.text).toMatch(/broker_unavailable|\$reconnect/)
  })

  it('a reader in the middle of a long log waits at its place and goes on from there', async () => {
    const { here } = pair({ windowBytes: 1 })
    for (let n = 0; n < 10; n += 1) await here.gamut.publish('a', `m${n}`)
    const reading = await here.open('/channels/a?as=ndjson&cursor=oldest&limit=1', { token: 'ann' })
    reading.isFull = true
    await here.turns()
    here.cut()
    reading.drain()
    await here.pass(5000)
    expect(reading.ending).toBeUndefined()
    here.mend()
    await here.pass(3000)
    // With its quotes: an epoch may have an m and a digit in it.
    expect(reading.text.match(/"m\d"/g)).toEqual(Array.from({ length: 10 }, (_, n) => `"m${n}"`))
  })

  it('a publish is refused at once, with the time to try again (§3, §13)', async () => {
    const { here } = pair()
    await here.turns()
    here.cut()
    const { status, headers, body } = await post(here, 1)
    expect(status).toBe(503)
    expect(headers['retry-after']).toBe('1')
    expect(body).toContain('"code":"broker_unavailable"')
    expect(body).toContain('This node is cut off. Nothing of this was stored')
  })

  it('a publish that is refused is logged with its reason, but not each of them (§13)', async () => {
    const logged: unknown[] = []
    const logger = { warn: (...said: unknown[]) => logged.push(said), info: () => {}, error: () => {} }
    const { here } = pair({ logger })
    await here.turns()
    here.cut()
    const refusals = () => logged.filter((said) => JSON.stringify(said).includes('a publish was not stored'))
    for (let n = 0; n < 5; n += 1) await post(here, n)
    const one = [{ reason: 'This node is cut off.' }, 'a publish was not stored']
    expect(refusals()).toEqual([one])
    await here.pass(10_000)
    await post(here, 5)
    expect(refusals()).toEqual([one, one])
  })

  it('is not ready, and is so again once all heads are known', async () => {
    const { here } = pair()
    const ready = async () => (await here.ask('/readyz')).status
    await here.turns()
    here.cut()
    expect(await ready()).toBe(503)
    here.mend()
    await here.turns()
    expect(await ready()).toBe(200)
  })
})

describe('a publish with publishTimeoutMs', () => {
  it('waits for the store, in the order of its channel', async () => {
    const { here } = pair({ publishTimeoutMs: 5000 })
    await here.turns()
    here.cut()
    const first = post(here, 'first')
    await here.turns()
    const second = post(here, 'second')
    await here.pass(3000)
    here.mend()
    const third = post(here, 'third')
    await here.pass(1000)
    for (const answer of [first, second, third]) expect((await answer).status).toBe(201)
    const { body } = await here.ask('/channels/a?cursor=oldest', { token: 'ann' })
    expect(body.match(/first|second|third/g)).toEqual(['first', 'second', 'third'])
  })

  it('is refused when its time is over', async () => {
    const { here } = pair({ publishTimeoutMs: 5000 })
    await here.turns()
    here.cut()
    const answers = [post(here, 1), post(here, 2)]
    await here.pass(6000)
    for (const answer of answers) expect((await answer).body).toContain('broker_unavailable')
  })
})

describe('a revocation on another node (§12)', () => {
  it.each(heldTransports)(
    'reaches a reader by %s within a second, also where its announcement was lost',
    async (transport) => {
      const { here, there } = pair()
      const reading = await there.open(`/channels/a?as=${transport}&wait=60&cursor=newest`, { token: 'ann' })
      await there.turns()
      there.lose('$revocations')
      await here.revoke({ identity: 'ann' })
      await there.turns()
      expect(reading.isOver).toBe(false)
      await there.pass(1000)
      expect(reading.isOver).toBe(true)
      expect(reading.text).toContain('revoked')
      expect((await there.ask('/channels/a', { token: 'ann' })).status).toBe(403)
    },
  )

  it('reaches a node that was cut off, when it is back', async () => {
    const { here, there } = pair()
    const reading = await there.open('/channels/a?as=sse', { token: 'ann' })
    await there.turns()
    there.cut()
    await here.revoke({ identity: 'ann' })
    await there.pass(5000)
    there.mend()
    await there.turns()
    expect(reading.text).toContain('"reason":"revoked"')
  })
})
