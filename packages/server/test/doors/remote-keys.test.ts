import { createVirtualClock } from '@gamut/testing'
import { describe, expect, it } from 'vitest'
import { IdentityCache } from '../../src/doors/identity-cache.js'
import { jwtDoor } from '../../src/doors/index.js'
import { GamutError } from '../../src/index.js'
import { createSigner } from './token.js'

const old = await createSigner('ES256', 'old')
const fresh = await createSigner('ES256', 'new')
const far = { exp: 8e9 }

/** A door whose keys come from an address that a test answers. */
function createRemote(answer: () => Response | Promise<Response>) {
  const clock = createVirtualClock()
  const logged: Record<string, unknown>[] = []
  const asked: (RequestInit & { url: string })[] = []
  const note = (fields: object) => logged.push({ ...fields })
  const door = jwtDoor(
    { jwks: 'https://login.example/keys?secret=1', audience: 'gamut' },
    {
      clock,
      random: () => 0.25,
      logger: { info: note, warn: note, error: note },
      fetch: async (url, init) => {
        asked.push({ ...init, url: String(url) })
        return answer()
      },
    },
  )
  const ask = async (token: string) => {
    try {
      return (await door.identify(token)).id
    } catch (error) {
      if (!(error instanceof GamutError)) throw error
      return error.code
    }
  }
  return { clock, logged, asked, ask, door }
}

const keys = (...signers: { readonly jwk: object }[]) =>
  Response.json({ keys: signers.map(({ jwk }) => jwk) })
const minuteMs = 60_000

describe('keys from an address', () => {
  it('are fetched once for all who come at the same time, without redirects and with a deadline (§12)', async () => {
    const { ask, asked } = createRemote(() => keys(old))
    const tokens = await Promise.all(Array.from({ length: 50 }, (_, n) => old.sign({ ...far, n })))
    expect(new Set(await Promise.all(tokens.map(ask)))).toEqual(new Set(['ann']))
    expect(asked).toHaveLength(1)
    expect(asked[0]).toMatchObject({ redirect: 'manual', signal: expect.any(AbortSignal) })
  })

  it('are not asked for by tokens whose algorithm no such key has (security rule 5)', async () => {
    const { ask, asked } = createRemote(() => keys(old))
    expect(await ask(`${Buffer.from('{"alg":"HS256"}').toString('base64url')}.e30.AAAA`)).toBe(
      'unauthenticated',
    )
    expect(asked).toHaveLength(0)
  })

  it('are fetched again for an unknown key id, so that a rotation is noticed, but not for each one (§12)', async () => {
    let known = keys(old)
    const { ask, asked, clock } = createRemote(() => known.clone())
    expect(await ask(await old.sign(far))).toBe('ann')
    known = keys(old, fresh)
    await clock.advance(10_000)
    expect(await ask(await fresh.sign(far))).toBe('ann')
    expect(asked).toHaveLength(2)
    for (let n = 0; n < 20; n++)
      expect(await ask(await old.sign(far, { kid: `k${n}` }))).toBe('unauthenticated')
    expect(asked).toHaveLength(2)
  })

  it('that were taken out count no more once they are fetched again, also for a token seen before (§12)', async () => {
    let known = keys(old)
    const { ask, asked, clock } = createRemote(() => known.clone())
    const token = await old.sign(far)
    expect(await ask(token)).toBe('ann')
    known = keys(fresh)
    await clock.advance(11 * minuteMs)
    // The keys that are there still serve whoever notices first that they are old.
    expect(await ask(token)).toBe('ann')
    expect(asked).toHaveLength(2)
    await clock.advance(minuteMs)
    expect(await ask(token)).toBe('unauthenticated')
  })

  it('stay good for a day while their address is away, and it is tried at most every 10 s (§12)', async () => {
    let isAway = false
    const { ask, asked, logged, clock } = createRemote(() => {
      if (isAway) throw new TypeError('fetch failed', { cause: new Error('ECONNREFUSED') })
      return keys(old)
    })
    expect(await ask(await old.sign(far))).toBe('ann')
    isAway = true
    await clock.advance(60 * minuteMs)
    for (let n = 0; n < 10; n++) expect(await ask(await old.sign({ ...far, n }))).toBe('ann')
    expect(asked).toHaveLength(2)
    expect(logged).toEqual([
      {
        url: 'https://login.example/keys',
        error: expect.stringContaining('fetch failed'),
        cause: expect.stringContaining('ECONNREFUSED'),
      },
    ])
    // A key that is not among them may be new: nobody can say that its token is wrong.
    expect(await ask(await fresh.sign(far))).toBe('internal')
    await clock.advance(24 * 60 * minuteMs)
    expect(await ask(await old.sign({ ...far, late: true }))).toBe('internal')
  })

  it('that never came refuse as a failure of the server, with a time to come back (§12)', async () => {
    let answer = () => new Response('', { status: 500 })
    const { door, ask, asked, clock } = createRemote(() => answer())
    const token = await old.sign(far)
    await expect(door.identify(token)).rejects.toMatchObject({ code: 'internal', retryAfterMs: 12_500 })
    await clock.advance(4000)
    await expect(door.identify(token)).rejects.toMatchObject({ code: 'internal', retryAfterMs: 8500 })
    expect(asked).toHaveLength(1)
    answer = () => keys(old)
    await clock.advance(6000)
    expect(await ask(token)).toBe('ann')
  })

  const wrong: readonly (readonly [name: string, answer: () => Response, says: string])[] = [
    [
      'a redirect',
      () => new Response(null, { status: 302, headers: { location: 'https://evil.example' } }),
      '302',
    ],
    ['no JSON', () => new Response('<html>'), 'JSON'],
    ['no set', () => Response.json([]), '{"keys":[…]}'],
    ['a secret in the set', () => Response.json({ keys: [{ kty: 'oct', k: 'AAAA' }] }), 'secret'],
    ['101 keys', () => keys(...Array.from({ length: 101 }, () => old)), 'at most 100'],
    ['half a MiB', () => new Response(`{"keys":[],"filler":"${'x'.repeat(2 ** 19)}"}`), '262144 bytes'],
  ]
  it.each(wrong)('are refused and the fault logged: %s (§12)', async (_name, answer, says) => {
    const { ask, logged } = createRemote(answer)
    expect(await ask(await old.sign(far))).toBe('internal')
    expect(JSON.stringify(logged)).toContain(JSON.stringify(says).slice(1, -1))
    expect(JSON.stringify(logged)).not.toContain('secret=1')
  })

  it('are tried each for a token without a key id, but few of them (§12)', async () => {
    const others = await Promise.all(Array.from({ length: 12 }, (_, n) => createSigner('ES256', `k${n}`)))
    const near = createRemote(() => keys(...others.slice(0, 3), old))
    expect(await near.ask(await old.sign(far, { kid: undefined }))).toBe('ann')
    const behind = createRemote(() => keys(...others, old))
    expect(await behind.ask(await old.sign(far, { kid: undefined }))).toBe('unauthenticated')
    expect(await behind.ask(await old.sign(far))).toBe('ann')
  })
})

describe('a token that was verified', () => {
  it('counts until its end and not a moment longer, though it is remembered (§12)', async () => {
    const { ask, clock } = createRemote(() => keys(old))
    const token = await old.sign({ exp: clock.now() / 1000 + 30 })
    expect(await ask(token)).toBe('ann')
    await clock.advance(34_999)
    expect(await ask(token)).toBe('ann')
    await clock.advance(1)
    expect(await ask(token)).toBe('unauthenticated')
  })

  it('is remembered while no more than 5,000 others came after it (I18)', () => {
    const cache = new IdentityCache(createVirtualClock())
    for (let n = 0; n < 5001; n++) cache.set(`token ${n}`, { id: `${n}` })
    expect(cache.get('token 0')).toBeUndefined()
    expect(cache.get('token 1')).toEqual({ id: '1' })
  })
})
