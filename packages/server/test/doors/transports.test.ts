import { transports } from '@gamut/protocol'
import { openReader, openSocketReader, takeKind, takeUntil } from '@gamut/testing'
import { describe, expect, it } from 'vitest'
import { apiKeyDoor, doorHooks, jwtDoor } from '../../src/doors/index.js'
import { start } from '../node/rig.js'
import { codeOf } from '../rig.js'
import { createSigner, encode, forge, nowSeconds, secret, sign } from './token.js'

const key = `gk_${'k'.repeat(43)}`
const rsa = await createSigner('RS256', 'r1')
const good = { sub: 'ann', exp: nowSeconds() + 60, gamut: { read: ['*'], publish: ['*'], close: ['*'] } }

/** A server whose one door takes tokens and whose other one takes API keys, with a message in it. */
async function startDoors() {
  const tokens = jwtDoor(
    [
      { secret, issuer: 'a', prefix: 'a:' },
      { jwks: { keys: [rsa.jwk] }, issuer: 'b', audience: 'gamut', prefix: 'b:' },
    ],
    { cookie: 'token' },
  )
  const keys = apiKeyDoor({ shop: { key, read: ['*'], publish: ['*'] } })
  const { gamut, served } = await start(doorHooks([tokens, keys]))
  await gamut.publish('room', 'private')
  return { gamut, origin: served.url }
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const right: readonly (readonly [name: string, headers: Record<string, string>])[] = [
  ['a token', bearer(forge({ alg: 'HS256' }, { ...good, iss: 'a' }))],
  ['an API key', bearer(key)],
  ['an API key in its own field', { 'x-api-key': key }],
]
const wrong: readonly (readonly [name: string, headers: Record<string, string>])[] = [
  ['none', bearer(`${encode({ alg: 'none' })}.${encode({ ...good, iss: 'a' })}.`)],
  [
    'a public key as secret',
    bearer(forge({ alg: 'HS256', kid: 'r1' }, { ...good, iss: 'b', aud: 'gamut' }, String(rsa.jwk.n))),
  ],
  ['another secret', bearer(forge({ alg: 'HS256' }, { ...good, iss: 'a' }, 'another secret'))],
  ['the other issuer', bearer(forge({ alg: 'HS256' }, { ...good, iss: 'b' }))],
  ['the past', bearer(forge({ alg: 'HS256' }, { ...good, iss: 'a', exp: 1 }))],
  ['a sub with a line break', bearer(forge({ alg: 'HS256' }, { ...good, iss: 'a', sub: 'a\nb' }))],
  ['half an API key', { 'x-api-key': key.slice(0, 20) }],
  ['a wrong token beside a right key', { ...bearer('x'), 'x-api-key': key }],
]

describe.each(transports)('a reader over %s', (transport) => {
  it.each(right)('is let in by %s (§12)', async (_name, headers) => {
    const { origin } = await startDoors()
    const reader = openReader(transport, { origin, channel: 'room', cursor: 'oldest', headers })
    expect(await takeKind(reader, 'message')).toMatchObject({ message: { data: '"private"' } })
    reader.close()
  })

  it('is refused whatever is forged, and no byte of the channel reaches it (§12, I21)', async () => {
    const { origin } = await startDoors()
    for (const [name, headers] of wrong) {
      const reader = openReader(transport, { origin, channel: 'room', cursor: 'oldest', headers })
      const events = await takeUntil(reader, ({ kind }) => kind === 'closed')
      const kinds = events.filter(({ kind }) => kind !== 'welcome').map(({ kind }) => kind)
      expect({ name, kinds }).toEqual({ name, kinds: ['error', 'closed'] })
      expect(events).toContainEqual(expect.objectContaining({ kind: 'error', code: 'unauthenticated' }))
      expect(JSON.stringify(events)).not.toContain('private')
    }
  })
})

describe('a writer', () => {
  const json = { 'content-type': 'application/json' }
  const requests: readonly (readonly [string, RequestInit & { headers: object }])[] = [
    ['/channels/room', { method: 'POST', body: '1', headers: json }],
    ['/channels/room?close=true', { method: 'POST', body: '1', headers: json }],
    ['/channels/room?key=k', { method: 'DELETE', headers: {} }],
    ['/publish', { method: 'POST', body: '{"messages":[{"channel":"room","data":1}]}', headers: json }],
    ['/channels/room?info', { headers: {} }],
  ]
  it('is refused on every route whatever is forged, and stores nothing (§12, I21)', async () => {
    const { gamut, origin } = await startDoors()
    for (const [target, init] of requests) {
      for (const [name, headers] of wrong) {
        const response = await fetch(origin + target, { ...init, headers: { ...init.headers, ...headers } })
        const code = await codeOf(response)
        expect({ target, name, code }).toEqual({ target, name, code: 'unauthenticated' })
      }
    }
    expect((await gamut.publish('room', 'next')).offset).toBe(2)
  })

  it('renews its token on an open WebSocket, but not by a forged one (§7, §12)', async () => {
    const { origin } = await startDoors()
    const headers = bearer(forge({ alg: 'HS256' }, { ...good, iss: 'a' }))
    const socket = openSocketReader({ origin, channel: 'room', headers })
    await takeKind(socket, 'open')
    const longer = sign({ ...good, iss: 'a', exp: nowSeconds() + 3600 })
    socket.send({ type: 'auth', ref: 1, token: longer })
    expect(await takeKind(socket, 'ok')).toMatchObject({ ref: 1 })
    socket.send({ type: 'auth', ref: 2, token: wrong[0]?.[1]['authorization']?.slice('Bearer '.length) })
    expect(await takeKind(socket, 'error')).toMatchObject({ code: 'unauthenticated' })
    socket.close()
  })
})
