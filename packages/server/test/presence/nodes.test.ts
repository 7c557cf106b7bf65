import { describe, expect, it } from 'vitest'
import { createNodes, leaseMs } from './rig.js'

type Node = ReturnType<typeof createNodes>['nodes'][number]

function pair() {
  const { nodes, make } = createNodes(2)
  return { here: nodes[0] as Node, there: nodes[1] as Node, make }
}

describe('who is there on two nodes (§11)', () => {
  it('is seen on both', async () => {
    const { here, there } = pair()
    const reading = await there.open('/channels/$presence/chat?as=sse', { token: 'bob' })
    await here.enter('ann', 'phone')
    await there.turns()
    expect(reading.text).toContain('"key":"ann/phone"')
    expect(await there.present()).toEqual(['ann/phone="here"'])
  })

  it('has left a lease after its node has died, told to whoever watches', async () => {
    const { here, there } = pair()
    const reading = await there.open('/channels/$presence/chat?as=sse', { token: 'bob' })
    await here.enter('ann', 'phone')
    await here.pass(100_000)
    here.cut()
    await there.pass(leaseMs + 2000)
    expect(reading.text).toContain('"key":"ann/phone","deleted":true')
    expect(await there.present()).toEqual([])
  })

  it('stays where another node holds the same device, whichever came first', async () => {
    const { here, there } = pair()
    const reading = await there.open('/channels/$presence/chat?as=sse', { token: 'bob' })
    const first = await here.enter('ann', 'phone')
    await here.pass(4000)
    const second = await there.enter('ann', 'phone')
    await here.pass(50_000)
    second.owner?.closed()
    await here.pass(120_000)
    expect(await there.present()).toEqual(['ann/phone="here"'])
    expect(reading.text).not.toContain('deleted')
    first.owner?.closed()
    await here.pass(leaseMs)
    expect(await there.present()).toEqual([])
  })

  it('comes back at once where one of two says that it leaves', async () => {
    const { here, there } = pair()
    const first = await here.enter('ann', 'phone')
    await there.enter('ann', 'phone')
    first.send({ type: 'presence', channel: 'chat', device: 'phone', state: null })
    await here.turns(20)
    expect(await here.present()).toEqual(['ann/phone="here"'])
  })

  it('has the state that was said last, on both, also through renewals', async () => {
    const { here, there } = pair()
    await here.enter('ann', 'phone', 1)
    await here.pass(25_000)
    await there.enter('ann', 'phone', 2)
    for (let count = 0; count < 10; count += 1) {
      await here.pass(15_000)
      expect(await here.present()).toEqual(['ann/phone=2'])
    }
  })

  it('is there by polls that reach one node and the other in turn, at the cost of one', async () => {
    const { here, there } = pair()
    const reading = await there.open('/channels/$presence/chat?as=ndjson', { token: 'bob' })
    for (let count = 0; count < 24; count += 1) {
      await (count % 2 ? here : there).poll('ann', 'tab')
      await here.pass(5000)
    }
    expect(reading.text).not.toContain('deleted')
    expect(reading.text.match(/"key":"ann\/tab"/g)?.length).toBeLessThanOrEqual(10)
    await there.poll('ann', 'tab', null)
    await here.pass(leaseMs)
    expect(await here.present()).toEqual([])
  })

  it('does not leave where a drained node sends it to another', async () => {
    const { here, there } = pair()
    const reading = await there.open('/channels/$presence/chat?as=sse', { token: 'bob' })
    await here.enter('ann', 'phone')
    await here.pass(29_000)
    await here.gamut.drain()
    await there.pass(40_000)
    await there.enter('ann', 'phone')
    await there.pass(100_000)
    expect(reading.text).not.toContain('deleted')
    expect(await there.present()).toEqual(['ann/phone="here"'])
  })

  it('is told that it was not stored while the store is away, and is there again by itself when it is back', async () => {
    const { here, there } = pair()
    const socket = await here.enter('ann', 'phone')
    here.cut()
    socket.send({ type: 'presence', ref: 2, channel: 'chat', device: 'phone', state: 'away' })
    await here.pass(100_000)
    expect(socket.text).toContain('"ref":2,"code":"broker_unavailable"')
    expect(await there.present()).toEqual([])
    here.mend()
    await here.pass(2000)
    expect(await there.present()).toEqual(['ann/phone="here"'])
  })
})
