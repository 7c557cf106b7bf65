import { describe, expect, it } from 'vitest'
import { heldTransports } from '../tenure/rig.js'
import { createPresenceRig, leaseMs } from './rig.js'

const errorOf = (text: string) => JSON.parse(text).error?.code

describe('a device that is there (§11)', () => {
  it('says so by a frame, is answered, and leaves by null', async () => {
    const { enter, present, turns } = createPresenceRig()
    const socket = await enter('ann', 'phone', { at: 1 })
    expect(socket.text).toContain('{"type":"ok","ref":1}')
    expect(await present()).toEqual(['ann/phone={"at":1}'])
    socket.send({ type: 'presence', ref: 2, channel: 'chat', device: 'phone', state: 'away' })
    await turns()
    expect(await present()).toEqual(['ann/phone="away"'])
    socket.send({ type: 'presence', ref: 3, channel: 'chat', device: 'phone', state: null })
    await turns()
    expect(socket.text).toContain('{"type":"ok","ref":3}')
    expect(await present()).toEqual([])
  })

  it('stays for as long as its connection, with two messages a minute to whoever looks', async () => {
    const { enter, open, pass, present } = createPresenceRig()
    const reading = await open('/channels/$presence/chat?as=ndjson', { token: 'bob' })
    await enter('ann', 'phone')
    await pass(290_000)
    expect(await present()).toEqual(['ann/phone="here"'])
    expect(reading.text.match(/"key":"ann\/phone"/g)).toHaveLength(10)
    expect(reading.text).not.toContain('deleted')
  })

  it('is renewed with all others of its channel: two appends a minute, however many came when', async () => {
    const { enter, open, pass, present } = createPresenceRig()
    const reading = await open('/channels/$presence/chat?as=ndjson', { token: 'bob' })
    for (const device of ['a', 'b', 'c', 'd', 'e']) {
      await enter('ann', device)
      await pass(3000)
    }
    await pass(30_000)
    reading.text = ''
    await pass(180_000)
    expect(reading.text.match(/"type":"batch"/g)?.length).toBeLessThanOrEqual(12)
    expect(await present()).toHaveLength(5)
  })

  it('leaves a while after its connection has gone, and not at all if it comes back', async () => {
    const { enter, open, pass, present } = createPresenceRig()
    const reading = await open('/channels/$presence/chat?as=ndjson', { token: 'bob' })
    const socket = await enter('ann', 'phone')
    socket.owner?.closed()
    await pass(5000)
    const second = await enter('ann', 'phone')
    await pass(60_000)
    expect(await present()).toEqual(['ann/phone="here"'])
    expect(reading.text).not.toContain('deleted')
    second.owner?.closed()
    await pass(9000)
    expect(await present()).toHaveLength(1)
    await pass(2000)
    expect(await present()).toEqual([])
  })

  it('is another one for each device and each identity, and does not clear one that two connections hold', async () => {
    const { enter, pass, present } = createPresenceRig()
    const first = await enter('ann', 'phone')
    await enter('ann', 'phone')
    await enter('ann', 'desk')
    await enter('bob', 'phone')
    first.owner?.closed()
    await pass(120_000)
    expect((await present()).sort()).toEqual(['ann/desk="here"', 'ann/phone="here"', 'bob/phone="here"'])
  })

  it('is there by polls, for a lease after the last one', async () => {
    const { open, pass, poll, present } = createPresenceRig()
    const reading = await open('/channels/$presence/chat?as=ndjson', { token: 'bob' })
    for (let count = 0; count < 24; count += 1) {
      const { status, headers, body } = await poll('ann', 'tab')
      expect(status).toBe(200)
      expect(headers['cache-control']).toBe('no-store')
      expect(JSON.parse(body).pollAfterMs).toBeLessThanOrEqual(leaseMs / 3)
      await pass(5000)
    }
    expect(await present()).toEqual(['ann/tab="here"'])
    // One in three polls, at most, costs the log anything.
    expect(reading.text.match(/"key":"ann\/tab"/g)?.length).toBeLessThanOrEqual(9)
    expect(reading.text).not.toContain('deleted')
    await pass(leaseMs)
    expect(await present()).toEqual([])
    expect(reading.text).toContain('"key":"ann/tab","deleted":true')
  })

  it('leaves by a poll at once, wherever it was said', async () => {
    const { poll, present } = createPresenceRig()
    await poll('ann', 'tab')
    await poll('ann', 'tab', null)
    expect(await present()).toEqual([])
  })

  it.each(['sse', 'ndjson', 'long-poll'])('is there by %s for as long as that is held', async (transport) => {
    const { open, pass, present } = createPresenceRig({ maxAgeMs: 1e9 })
    const reading = await open(`/channels/chat?as=${transport}&wait=60&presence=tab`, { token: 'ann' })
    await pass(55_000)
    expect(await present()).toEqual(['ann/tab=true'])
    reading.owner?.closed()
    await pass(11_000)
    expect(await present()).toEqual([])
  })

  it('is there between two long-polls', async () => {
    const { open, pass, present } = createPresenceRig()
    for (let count = 0; count < 6; count += 1) {
      await open('/channels/chat?as=long-poll&wait=25&presence=tab', { token: 'ann' })
      await pass(26_000)
      expect(await present()).toEqual(['ann/tab=true'])
    }
  })
})

describe('who is there on a channel', () => {
  it.each(heldTransports)('is read by %s as any keyed channel is (§5, §11)', async (transport) => {
    const { enter, open, turns } = createPresenceRig()
    await enter('ann', 'phone')
    const reading = await open(`/channels/$presence/chat?as=${transport}&wait=60`, { token: 'bob' })
    await turns()
    expect(reading.text).toContain('"key":"ann/phone"')
    expect(reading.text).toContain('snapshot')
  })

  it('is a keyed channel by its info, whether anybody is there or not', async () => {
    const { ask } = createPresenceRig()
    const { body } = await ask('/channels/$presence/chat?info', { token: 'bob' })
    expect(JSON.parse(body)).toMatchObject({ keyed: true, closed: false })
  })

  it('is seen by whoever may read that channel, by nobody else, and published by nobody (I21)', async () => {
    const asked: string[] = []
    const rig = createPresenceRig({
      authorize: (identity, action, channel) => {
        asked.push(`${action} ${channel}`)
        return identity?.id === 'ann' && channel === 'chat'
      },
    })
    const status = async (target: string, token: string, method = 'GET') =>
      (await rig.ask(target, { token, method, body: '1', headers: { 'content-type': 'application/json' } }))
        .status
    expect(await status('/channels/$presence/chat', 'ann')).toBe(200)
    expect(await status('/channels/$presence/chat', 'bob')).toBe(403)
    expect(await status('/channels/$presence/other', 'ann')).toBe(403)
    expect(await status('/channels/$presence/chat?key=ann/x', 'ann', 'POST')).toBe(403)
    expect(new Set(asked)).toEqual(new Set(['read chat', 'read other']))
  })

  it('is no longer seen by whoever was revoked for that channel', async () => {
    const { open, revoke, turns } = createPresenceRig()
    const reading = await open('/channels/$presence/chat?as=sse', { token: 'bob' })
    await revoke({ identity: 'bob', channel: 'chat' })
    await turns()
    expect(reading.text).toContain('"reason":"revoked"')
  })

  it('is read by a ticket for the channel, which lets nobody be there', async () => {
    const { ask, ticket } = createPresenceRig()
    const text = await ticket('ann', 'chat')
    expect((await ask(`/channels/$presence/chat?ticket=${text}`)).status).toBe(200)
    const { status, body } = await ask(`/channels/chat?ticket=${text}&presence=tab`)
    expect([status, errorOf(body)]).toEqual([403, 'forbidden'])
  })
})

describe('who may be there', () => {
  it('is said by authorize, as "presence"', async () => {
    const rig = createPresenceRig({
      authorize: (identity, action) => action === 'read' || identity?.id === 'ann',
    })
    expect((await rig.poll('bob', 'tab')).status).toBe(403)
    const socket = await rig.enter('bob', 'tab')
    expect(socket.text).toContain('"code":"forbidden"')
    expect(await rig.present()).toEqual([])
    expect((await rig.poll('ann', 'tab')).status).toBe(200)
  })

  it('may be there on a channel that only the server publishes, and on none of the server’s own', async () => {
    const { enter } = createPresenceRig({ channels: { chat: { publish: 'server' } } })
    expect((await enter('ann', 'd')).text).toContain('"type":"ok"')
    expect((await enter('ann', 'd', 1, '$presence/chat')).text).toContain('"code":"forbidden"')
  })

  it('has left, everywhere, as soon as its identity is revoked', async () => {
    const { enter, poll, present, revoke, turns } = createPresenceRig()
    await enter('ann', 'phone')
    await enter('bob', 'phone')
    await poll('ann', 'tab')
    await revoke({ identity: 'ann' })
    await turns()
    expect(await present()).toEqual(['bob/phone="here"'])
  })

  it('has left the channel for which it was revoked', async () => {
    const { enter, present, revoke, turns } = createPresenceRig()
    await enter('ann', 'phone')
    await enter('ann', 'phone', 1, 'other')
    await revoke({ identity: 'ann', channel: 'chat' })
    await turns()
    expect(await present()).toEqual([])
    expect(await present('other')).toEqual(['ann/phone=1'])
  })

  it('is bounded in number, in what it says and how often', async () => {
    const rig = createPresenceRig({
      maxPresent: 2,
      maxStateBytes: 10,
      publishBurst: 3,
      publishRate: 1,
      unlimitedAddresses: [],
    })
    const codes: unknown[] = []
    for (const [token, device, state] of [
      ['ann', 'a', 'much too long'],
      ['ann', 'a', 1],
      ['ann', 'b', 1],
      ['bob', 'c', 1],
      ['ann', 'a', 2],
      ['ann', 'a', 3],
    ] as const)
      codes.push(errorOf((await rig.poll(token, device, state)).body))
    expect(codes).toEqual(['too_large', undefined, undefined, 'overloaded', undefined, 'rate_limited'])
  })

  it.each([
    ['presence=', 'key_invalid'],
    ['presence=a%2Fb', 'key_invalid'],
    [`presence=${'x'.repeat(65)}`, 'key_invalid'],
    ['presence=a&state=here', 'query_invalid'],
  ])('names its device and its state as it should: %s', async (query, code) => {
    const { ask } = createPresenceRig()
    expect(errorOf((await ask(`/channels/chat?${query}`, { token: 'ann' })).body)).toBe(code)
  })
})

describe('a connection by which somebody is there', () => {
  it('says so by its handshake too, and keeps it', async () => {
    const { open, pass, present } = createPresenceRig()
    const socket = await open('/channels/chat?as=websocket&presence=tab', { token: 'ann' })
    await pass(100_000)
    expect(await present()).toEqual(['ann/tab=true'])
    socket.owner?.closed()
    await pass(11_000)
    expect(await present()).toEqual([])
  })

  it('lets go of it by a new token with which that may not be (§12)', async () => {
    const { enter, known, present, turns } = createPresenceRig({
      authorize: (identity, action) => action !== 'presence' || identity?.claims?.['isHidden'] !== true,
    })
    known.set('hidden', { id: 'ann', claims: { isHidden: true } })
    const socket = await enter('ann', 'phone')
    socket.send({ type: 'auth', ref: 2, token: 'ann' })
    await turns()
    expect(await present()).toHaveLength(1)
    socket.send({ type: 'auth', ref: 3, token: 'hidden' })
    await turns()
    expect(socket.text).toContain('{"type":"ok","ref":3}')
    expect(await present()).toEqual([])
  })
})

describe('one response for a channel and who is there on it', () => {
  it.each(['sse', 'ndjson'])('lets its reader be there, and see that, by %s', async (transport) => {
    const { open, present, turns } = createPresenceRig()
    const set = 'channel=chat&channel=$presence/chat&channel=other'
    const reading = await open(`/channels?as=${transport}&${set}&presence=tab&state="x"`, { token: 'ann' })
    await turns()
    expect(reading.text).toContain('"key":"ann/tab"')
    expect([await present(), await present('other')]).toEqual([['ann/tab="x"'], ['ann/tab="x"']])
  })
})
