import { describe, expect, it } from 'vitest'
import { apiKeyDoor, doorHooks, hashApiKey, jwtDoor, type Permissions } from '../../src/doors/index.js'
import { codeOf, createRig } from '../rig.js'
import { bearer, secret, sign } from './token.js'

const key = `gk_${'k'.repeat(43)}`
const other = `gk_${'o'.repeat(43)}`
const door = jwtDoor({ secret }, { cookie: 'token' })
const keys = apiKeyDoor({
  ingest: { hash: hashApiKey(key), publish: ['orders/*'], read: ['orders/:id'] },
  other: { key: other },
})

/** Whether each channel may be read with these permissions in a token: its own names, and what was answered. */
async function readable(permissions: unknown, channels: readonly string[], claims: object = {}) {
  const { ask } = createRig(doorHooks([door]))
  const token = sign({ gamut: permissions, ...claims })
  const statuses = await Promise.all(
    channels.map(
      async (channel) => [channel, (await ask(`/channels/${channel}`, bearer(token))).status] as const,
    ),
  )
  return statuses.filter(([, status]) => status === 200).map(([channel]) => channel)
}

describe('the claim "gamut"', () => {
  it('lists channels by the patterns of definitions (§2, §12)', async () => {
    const channels = ['chat/a', 'chat/a/b', 'chat', 'state/x/y', 'news', 'news/x', '$made']
    expect(await readable({ read: ['chat/:room', 'state/*', 'news'] }, channels)).toEqual([
      'chat/a',
      'state/x/y',
      'news',
    ])
    expect(await readable({ read: ['*'] }, channels)).toEqual(channels.filter((name) => name !== '$made'))
    expect(await readable({ read: ['$made'] }, channels)).toEqual(['$made'])
    expect(await readable({ publish: ['*'] }, channels)).toEqual([])
    expect(await readable({}, channels)).toEqual([])
  })

  const users = ['user/ann/inbox', 'user/bob/inbox', 'user/x/inbox', 'user/:room/inbox']
  it('fills in the holder’s own id and texts of its claims (§12)', async () => {
    expect(await readable({ read: ['user/{sub}/*'] }, users)).toEqual(['user/ann/inbox'])
    expect(await readable({ read: ['{tenant}/:room'] }, ['acme/a', 'other/a'], { tenant: 'acme' })).toEqual([
      'acme/a',
    ])
    expect(await readable({ read: ['room-{sub}'] }, ['room-ann', 'room-bob'])).toEqual(['room-ann'])
  })

  it.each(['*', ':x', '$made', 'ann/inbox', '../ann', 'ann*', 'a|b', 'ann bob', '{sub}', '{tenant}'])(
    'fills in nothing that could mean more than itself: the id "%s" (§12)',
    async (sub) => {
      expect(
        await readable({ read: ['user/{sub}/*', '{sub}'] }, [...users, '$made', 'ann'], { sub }),
      ).toEqual([])
    },
  )

  it('matches nothing where the claim to fill in is missing or no text (§12)', async () => {
    for (const tenant of [undefined, null, 1, ['acme'], {}, ''])
      expect(
        await readable({ read: ['{tenant}/*', '{tenant}', '{toString}/*'] }, ['acme/a', 'a'], { tenant }),
      ).toEqual([])
  })

  it.each([
    null,
    'read',
    [],
    { read: '*' },
    { read: [1] },
    { read: ['a//b'] },
    { publish: Array(101).fill('a') },
  ])('refuses the token where it is not understood: %j (§12)', async (gamut) => {
    const channels = { open: { public: true } }
    const { ask } = createRig({ ...doorHooks([door], { permissions: { read: ['*'] } }), channels })
    const token = bearer(sign({ gamut }))
    expect((await ask('/channels/open', token)).status).toBe(401)
    const response = await ask('/channels/a', token)
    expect(response.status).toBe(401)
    expect(await response.text()).toContain('The claim \\"gamut\\" is not understood')
  })

  it('separates reading, publishing and closing (§12)', async () => {
    const { post } = createRig(doorHooks([door]))
    const as = (gamut: Permissions) => ({
      'content-type': 'application/json',
      authorization: `Bearer ${sign({ gamut })}`,
    })
    expect((await post('/channels/a', '1', as({ read: ['a'] }))).status).toBe(403)
    expect((await post('/channels/a', '1', as({ publish: ['a'] }))).status).toBe(201)
    expect((await post('/channels/a?close=true', '', as({ publish: ['a'] }))).status).toBe(403)
    expect((await post('/channels/a?close=true', '', as({ publish: ['a'], close: ['a'] }))).status).toBe(201)
  })

  it('counts alone where it is there, and what everybody known may do where it is not (§12)', async () => {
    const { ask } = createRig(doorHooks([door], { permissions: { read: ['open', 'user/{sub}'] } }))
    const status = async (channel: string, claims: object) =>
      (await ask(`/channels/${channel}`, bearer(sign(claims)))).status
    expect(await status('open', {})).toBe(200)
    expect(await status('user/ann', {})).toBe(200)
    expect(await status('user/bob', {})).toBe(403)
    expect(await status('open', { gamut: { read: ['x'] } })).toBe(403)
  })

  it('is asked for where nothing says what its holder may do (§12)', async () => {
    const { ask } = createRig({ ...doorHooks([door]), channels: { open: { public: true } } })
    const response = await ask('/channels/a', bearer(sign()))
    expect(response.status).toBe(403)
    expect(await response.text()).toContain('ask for a token with the claim')
    expect((await ask('/channels/open', bearer(sign()))).status).toBe(200)
  })
})

describe('an API key', () => {
  const { ask, post } = createRig({
    ...doorHooks([door, keys], { permissions: { read: ['*'] } }),
    channels: { open: { public: true } },
  })
  const json = { 'content-type': 'application/json' }

  it('is taken as Bearer and as X-API-Key, and may do what its lists say (§12)', async () => {
    expect((await post('/channels/orders/1', '1', { ...json, authorization: `Bearer ${key}` })).status).toBe(
      201,
    )
    expect((await post('/channels/orders/1', '1', { ...json, 'x-api-key': key })).status).toBe(201)
    expect((await post('/channels/other', '1', { ...json, 'x-api-key': key })).status).toBe(403)
    expect((await ask('/channels/orders/1', { headers: { 'x-api-key': key } })).status).toBe(200)
    // A key has its own lists, and nothing of what tokens without a claim may do.
    expect((await ask('/channels/a', { headers: { 'x-api-key': other } })).status).toBe(403)
  })

  it.each([
    key.slice(0, -1),
    `${key}k`,
    'gk_',
    '',
    ' ',
    'K',
    key.toUpperCase(),
    hashApiKey(key),
    `gk_${'x'.repeat(9000)}`,
  ])('that is wrong is refused and not repeated: "%.20s" (§12)', async (wrong) => {
    const response = await ask('/channels/orders/1', { headers: { 'x-api-key': wrong } })
    expect(response.status).toBe(401)
    const body = await response.text()
    expect(body).toContain('unauthenticated')
    if (wrong.trim().length > 3) expect(body).not.toContain(wrong)
  })

  it('has the identity key:<name>, which can be revoked (§12)', async () => {
    expect(await keys.identify(key)).toEqual({
      id: 'key:ingest',
      token: 'key:ingest',
      claims: { gamut: { publish: ['orders/*'], read: ['orders/:id'] } },
    })
  })
})

describe('several doors', () => {
  const { ask } = createRig({
    ...doorHooks([door, keys], { permissions: { read: ['a'] } }),
    channels: { open: { public: true } },
  })
  const asking = async (channel: string, headers: Record<string, string>) => {
    const response = await ask(`/channels/${channel}`, { headers })
    return response.ok ? 'ok' : codeOf(response)
  }

  it('leave who brings nothing what is public, and refuse the rest (§12)', async () => {
    expect(await asking('open', {})).toBe('ok')
    expect(await asking('a', {})).toBe('unauthenticated')
    expect(await asking('open', { authorization: 'Basic YTpi' })).toBe('ok')
  })

  const wrong: readonly Record<string, string>[] = [
    { authorization: `Bearer ${sign({ exp: 1 })}` },
    { authorization: 'Bearer' },
    { authorization: 'Bearer x' },
    { authorization: 'bearer gk_x' },
    { authorization: `Bearer ${sign()}, Bearer ${sign()}` },
    { 'x-api-key': 'x' },
    { cookie: 'token=x' },
    { cookie: `token=${sign({ exp: 1 })}` },
    { cookie: `token=${sign()}; token=${sign({ jti: 'planted' })}` },
  ]
  it.each(wrong)('never take a wrong credential for nobody: %j (§12)', async (headers) => {
    expect(await asking('open', headers)).toBe('unauthenticated')
    expect(await asking('a', headers)).toBe('unauthenticated')
  })

  it('refuse a credential of a kind that none of them knows (§12)', async () => {
    const only = createRig({ ...doorHooks([keys]), channels: { open: { public: true } } })
    expect((await only.ask('/channels/open', bearer(sign()))).status).toBe(401)
    const tokens = createRig({ ...doorHooks([door]), channels: { open: { public: true } } })
    expect((await tokens.ask('/channels/open', bearer(key))).status).toBe(401)
    expect((await tokens.ask('/channels/open', { headers: { 'x-api-key': key } })).status).toBe(401)
  })

  it('take a token from its cookie, and from Authorization before that; from no other cookie and no URL (§12)', async () => {
    const token = sign()
    expect(await asking('a', { cookie: `x=1; token=${token}` })).toBe('ok')
    expect(await asking('a', { cookie: `token="${token}"` })).toBe('ok')
    expect(await asking('a', { cookie: 'token=x', authorization: `Bearer ${token}` })).toBe('ok')
    expect(await asking('a', { cookie: `token=${token}`, authorization: 'Bearer x' })).toBe('unauthenticated')
    // A cookie is emptied to delete it: then there is none.
    expect(await asking('open', { cookie: 'token=' })).toBe('ok')
    for (const cookie of [
      `tokens=${token}`,
      `my-token=${token}`,
      `Token=${token}`,
      `x="token=${token}"`,
      token,
    ])
      expect(await asking('a', { cookie })).toBe('unauthenticated')
    for (const name of ['token', 'access_token', 'authorization', 'ticket2'])
      expect(await asking(`a?${name}=${token}`, {})).toBe('unauthenticated')
  })
})
