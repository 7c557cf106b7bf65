import { describe, expect, it, vi } from 'vitest'
import { type DoorHooks, doorHooks, jwtDoor } from '../../src/doors/index.js'
import { createTenureRig, heldTransports } from '../tenure/rig.js'
import { secret, sign } from './token.js'

/** A server and its door by one clock, and tokens that live so many seconds by it. */
function createRig() {
  const authenticate: DoorHooks['authenticate'] = (request) => hooks.authenticate(request)
  const rig = createTenureRig({ authenticate, authorize: (...asked) => hooks.authorize(...asked) })
  const hooks = doorHooks([jwtDoor({ secret }, { clock: rig.clock, leewaySeconds: 10 })])
  const token = (seconds: number, gamut: object = { read: ['a'] }) =>
    sign({ exp: Math.floor(rig.clock.now() / 1000) + seconds, gamut })
  return { ...rig, token }
}

describe.each(heldTransports)('a token that ends, held by a reader over %s,', (transport) => {
  it('ends its reader at the leeway, and is refused from then on (§12, I21)', async () => {
    const { clock, gamut, open, ask, token } = createRig()
    const short = token(30)
    const target = `/channels/a?as=${transport}&wait=60&cursor=newest`
    const reading = await open(target, { token: short })
    await clock.advance(39_999)
    expect(reading.isOver).toBe(false)
    await clock.advance(1001)
    expect(reading.isOver).toBe(true)
    await gamut.publish('a', 'after the end')
    await clock.advance(1000)
    expect(reading.text).not.toContain('after the end')
    expect(await ask('/channels/a', { token: short })).toMatchObject({
      status: 401,
      body: expect.stringContaining('has expired'),
    })
    const next = await open(target, { token: token(30) })
    expect(next.isOver).toBe(false)
  })
})

describe('a WebSocket', () => {
  it('goes on past the end of its first token with another one, for what that one allows (§7, §12)', async () => {
    const { clock, gamut, open, token, turns } = createRig()
    const both = { read: ['a', 'b'] }
    const reading = await open('/channels?channel=a&channel=b&as=websocket', {
      token: token(30, both),
    })
    await turns()
    reading.send({ type: 'auth', ref: 1, token: token(3600, { read: ['a'] }) })
    await vi.waitUntil(() => reading.text.includes('"ref":1'))
    expect(reading.text).toContain('{"type":"ok","ref":1}')
    expect(reading.text).toContain('{"type":"end","channel":"b","reason":"auth"}')
    await clock.advance(60_000)
    await gamut.publish('a', 'later')
    await gamut.publish('b', 'not for it')
    await turns()
    expect(reading.text).toContain('later')
    expect(reading.text).not.toContain('not for it')
  })
})
