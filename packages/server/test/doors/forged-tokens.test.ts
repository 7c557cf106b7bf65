import { exportSPKI } from 'jose'
import { describe, expect, it } from 'vitest'
import { type Door, jwtDoor, type TrustedIssuer } from '../../src/doors/index.js'
import { GamutError } from '../../src/index.js'
import { createSigner, encode, forge, nowSeconds, secret, sign } from './token.js'

const now = nowSeconds()
const good = { sub: 'ann', exp: now + 60 }
const hs = { alg: 'HS256' }
const rsa = await createSigner('RS256', 'r1')
const elliptic = await createSigner('ES256', 'e1')
const stranger = await createSigner('RS256', 'r1')
const pem = await exportSPKI(rsa.publicKey)

const shared = jwtDoor({ secret })
const publicKeys = jwtDoor({ jwks: { keys: [rsa.jwk, elliptic.jwk] }, audience: 'gamut' })
const strict = jwtDoor({ secret, issuer: 'https://a.example', audience: ['x', 'y'] }, { leewaySeconds: 60 })
const several = jwtDoor([
  { secret, issuer: 'https://a.example', prefix: 'a:' },
  { jwks: { keys: [rsa.jwk] }, issuer: 'https://b.example', audience: 'gamut', prefix: 'b:' },
])

/** Whose a token is, or the refusal. */
async function outcome(door: Door, token: string): Promise<{ id?: string; code?: string; message?: string }> {
  try {
    return { id: (await door.identify(token)).id }
  } catch (error) {
    if (!(error instanceof GamutError)) throw error
    return { code: error.code, message: error.message }
  }
}

/** JSON that `JSON.stringify` does not write. */
const raw = (payload: string) => forge(hs, payload)
const of = (claims: object) => sign(claims)
const [header, payload, signature] = sign().split('.') as [string, string, string]
const flip = (text: string) => (text.startsWith('A') ? 'B' : 'A') + text.slice(1)
const withHeader = (extra: object) => forge({ ...hs, ...extra }, good)
const rsaWith = (extra: Record<string, unknown>) => rsa.sign({}, extra)
const mine = { iss: 'https://a.example', aud: 'x' }

const forged: readonly (readonly [name: string, door: Door, token: string | Promise<string>])[] = [
  ['nothing', shared, ''],
  ['a word', shared, 'gibberish'],
  ['one dot', shared, `${header}.${payload}`],
  ['three dots', shared, `${header}.${payload}.${signature}.`],
  ['five parts, as if it were encrypted', shared, `${header}.${payload}.${signature}.a.b`],
  ['only dots', shared, '..'],
  ['no signature', shared, `${header}.${payload}.`],
  ['a signature cut short', shared, sign().slice(0, -4)],
  ['another signature', shared, `${header}.${payload}.${flip(signature)}`],
  [
    'another payload under the signature',
    shared,
    `${header}.${encode({ ...good, sub: 'bob' })}.${signature}`,
  ],
  ['another header under the signature', shared, `${encode({ ...hs, typ: 'JWT' })}.${payload}.${signature}`],
  ['white space within', shared, `${header}. ${payload}.${signature}`],
  ['padding', shared, `${header}=.${payload}.${signature}`],
  ['characters of the other base64', shared, `${header}.${payload}.+/${signature.slice(2)}`],
  ['a header that is no JSON', shared, `${encode('{')}.${payload}.${signature}`],
  ['a header that is a list', shared, forge([hs], good)],
  ['a header that is null', shared, forge(null, good)],
  [
    'a header of 2,000 lists in lists',
    shared,
    `${encode(`{"alg":${'['.repeat(2000)}`)}.${payload}.${signature}`,
  ],
  ['a payload of 2,000 lists in lists', shared, raw('['.repeat(2000) + ']'.repeat(2000))],
  ['a payload that is no JSON', shared, raw('{')],
  ['a payload that is a list', shared, forge(hs, [good])],
  ['a payload that is a text', shared, forge(hs, '"ann"')],
  ['a payload that is null', shared, raw('null')],
  ['a payload that is not UTF-8', shared, forge(hs, new Uint8Array([0x7b, 0xff, 0xfe, 0x7d]))],
  ['an id that is not UTF-8', shared, forge(hs, Buffer.from(`{"sub":"\xff","exp":${now + 60}}`, 'latin1'))],
  ['a token of 9,000 characters', shared, of({ filler: 'x'.repeat(7000) })],
  ['alg none without a signature', shared, `${encode({ alg: 'none' })}.${payload}.`],
  ['alg none with the old signature', shared, `${encode({ alg: 'none' })}.${payload}.${signature}`],
  ['alg NONE', shared, `${encode({ alg: 'NONE' })}.${payload}.`],
  ['alg none for public keys', publicKeys, `${encode({ alg: 'none', kid: 'r1' })}.${payload}.`],
  ['no alg', shared, forge({}, good)],
  ['an alg that is a list', shared, forge({ alg: ['HS256'] }, good)],
  ['an alg in small letters', shared, forge({ alg: 'hs256' }, good)],
  ['HS384 where the key is for HS256', shared, forge({ alg: 'HS384' }, good, secret, 'sha384')],
  ['another secret', shared, sign({}, 'another secret, of which nobody knows how it came here')],
  ['an empty secret', shared, sign({}, '')],
  ['RS256 where the key is a secret', shared, rsa.sign()],
  [
    'HS256 with the public key as PEM',
    publicKeys,
    forge({ ...hs, kid: 'r1' }, { ...good, aud: 'gamut' }, pem),
  ],
  [
    'HS256 with the modulus',
    publicKeys,
    forge({ ...hs, kid: 'r1' }, { ...good, aud: 'gamut' }, String(rsa.jwk.n)),
  ],
  [
    'HS256 with the public key as JWK',
    publicKeys,
    forge({ ...hs, kid: 'r1' }, good, JSON.stringify(rsa.jwk)),
  ],
  [
    'RS512 by a key for RS256',
    publicKeys,
    rsaWith({ alg: 'RS256' }).then((token) => token.replace(/^[^.]+/, encode({ alg: 'RS512', kid: 'r1' }))),
  ],
  ['ES256 named by the RSA key', publicKeys, elliptic.sign({}, { kid: 'r1' })],
  ['the same key id by a stranger', publicKeys, stranger.sign()],
  ['no key id by a stranger', publicKeys, stranger.sign({}, { kid: undefined })],
  ['an unknown key id', publicKeys, rsaWith({ kid: 'r2' })],
  ['a key id that is a path', publicKeys, rsaWith({ kid: '../../../dev/null' })],
  ['a key id that is SQL', publicKeys, rsaWith({ kid: "x' UNION SELECT 'k" })],
  ['a key id that is an address', publicKeys, rsaWith({ kid: 'https://evil.example/key' })],
  ['a key id named as of every object', publicKeys, rsaWith({ kid: '__proto__' })],
  ['its own key', publicKeys, stranger.sign({}, { jwk: stranger.jwk, kid: undefined })],
  ['an address of its own keys', publicKeys, stranger.sign({}, { jku: 'http://127.0.0.1:9/keys' })],
  ['an address of its own certificate', publicKeys, stranger.sign({}, { x5u: 'http://127.0.0.1:9/cert' })],
  ['its own certificate', publicKeys, stranger.sign({}, { x5c: ['MIIB'] })],
  ['an extension that must be known', shared, withHeader({ crit: ['exp'], exp: now + 60 })],
  ['an empty list of extensions', shared, withHeader({ crit: [] })],
  ['an unencoded payload', shared, withHeader({ b64: false, crit: ['b64'] })],
  ['exp now, with no leeway', jwtDoor({ secret }, { leewaySeconds: 0 }), of({ exp: now })],
  ['exp a minute ago, at the leeway', strict, of({ ...mine, exp: now - 60 })],
  ['exp at 0', shared, of({ exp: 0 })],
  ['exp below 0', shared, of({ exp: -1 })],
  ['exp far below 0', shared, raw('{"sub":"ann","exp":-1e309}')],
  ['no exp', shared, of({ exp: undefined })],
  ['exp null', shared, of({ exp: null })],
  ['exp a text', shared, of({ exp: String(now + 60) })],
  ['exp a list', shared, of({ exp: [now + 60] })],
  ['exp true', shared, of({ exp: true })],
  ['exp without end', shared, raw('{"sub":"ann","exp":1e309}')],
  ['exp in milliseconds of a far time', shared, of({ exp: 1e300 })],
  ['nbf past the leeway', strict, of({ ...mine, nbf: now + 120 })],
  ['nbf a text', shared, of({ nbf: '1' })],
  ['nbf without end', shared, raw(`{"sub":"ann","exp":${now + 60},"nbf":1e309}`)],
  ['iat past the leeway', strict, of({ ...mine, iat: now + 120 })],
  ['iat a text', shared, of({ iat: 'now' })],
  ['iat without end', shared, raw(`{"sub":"ann","exp":${now + 60},"iat":1e309}`)],
  ['no issuer', strict, of({ aud: 'x' })],
  ['another issuer', strict, of({ ...mine, iss: 'https://b.example' })],
  ['an issuer that begins alike', strict, of({ ...mine, iss: 'https://a.example.evil' })],
  ['an issuer with a slash more', strict, of({ ...mine, iss: 'https://a.example/' })],
  ['a list as issuer', strict, of({ ...mine, iss: ['https://a.example'] })],
  ['no audience', strict, of({ iss: mine.iss })],
  ['another audience', strict, of({ ...mine, aud: 'z' })],
  ['an audience that begins alike', strict, of({ ...mine, aud: 'xx' })],
  ['a list of other audiences', strict, of({ ...mine, aud: ['z', 'X'] })],
  ['a list in a list as audience', strict, of({ ...mine, aud: [['x']] })],
  ['an object as audience', strict, of({ ...mine, aud: { x: 1 } })],
  ['no audience for public keys', publicKeys, rsa.sign({ aud: undefined })],
  ['none of several issuers', several, of({})],
  ['an unknown one of several issuers', several, of({ iss: 'https://c.example' })],
  ['one issuer’s name under the other’s key', several, rsa.sign({ iss: 'https://a.example' })],
  ['the other issuer’s name under a secret', several, of({ iss: 'https://b.example', aud: 'gamut' })],
  ['an issuer named as of every object', several, of({ iss: '__proto__' })],
  ['no sub', shared, of({ sub: undefined })],
  ['an empty sub', shared, of({ sub: '' })],
  ['sub null', shared, of({ sub: null })],
  ['sub a number', shared, of({ sub: 1 })],
  ['sub a list', shared, of({ sub: ['ann'] })],
  ['sub an object', shared, of({ sub: { toString: 'ann' } })],
  ['a sub of 256 characters', shared, of({ sub: 'a'.repeat(256) })],
  ['a sub with a line break', shared, of({ sub: 'ann\nbob' })],
  ['a sub with a carriage return', shared, of({ sub: 'ann\r' })],
  ['a sub with NUL', shared, of({ sub: 'ann\0' })],
  ['a sub with an escape', shared, of({ sub: '\u001b[2Jann' })],
  ['a sub with U+2028', shared, of({ sub: 'ann\u2028' })],
  ['a sub with half a character', shared, raw(`{"sub":"\\ud800","exp":${now + 60}}`)],
  ['a sub that names an API key', shared, of({ sub: 'key:ingest' })],
  ['a second sub that is none', shared, raw(`{"sub":"ann","exp":${now + 60},"sub":""}`)],
  ['a second exp in the past', shared, raw(`{"sub":"ann","exp":${now + 60},"exp":1}`)],
  ['an empty jti', shared, of({ jti: '' })],
  ['a number as jti', shared, of({ jti: 7 })],
  ['a jti with a line break', shared, of({ jti: 'a\nb' })],
]

describe('a forged token', () => {
  it.each(forged)('is refused and told nothing: %s (§12)', async (_name, door, token) => {
    const given = await token
    const { id, code, message = '' } = await outcome(door, given)
    expect({ id, code }).toEqual({ id: undefined, code: 'unauthenticated' })
    expect(message).toMatch(/^[A-Z].{20,160}\.$/)
    for (const part of [secret, String(rsa.jwk.n), 'r1', 'a.example', ...given.split('.')])
      if (part.length > 1) expect(message).not.toContain(part)
  })

  it('is told the same whether the key, the signature or the algorithm is wrong (security rule 9)', async () => {
    const names = ['another signature', 'alg none without a signature', 'HS384 where the key is for HS256']
    const tokens = forged.filter(([name]) => names.includes(name))
    const told = await Promise.all(
      tokens.map(async ([, door, token]) => (await outcome(door, await token)).message),
    )
    expect(told).toHaveLength(3)
    expect(new Set(told).size).toBe(1)
  })
})

describe('a right token', () => {
  const right: readonly (readonly [name: string, door: Door, token: string | Promise<string>, id: string])[] =
    [
      ['HS256', shared, sign(), 'ann'],
      ['RS256 by its key id', publicKeys, rsa.sign(), 'ann'],
      ['ES256 by its key id', publicKeys, elliptic.sign(), 'ann'],
      ['no key id', publicKeys, rsa.sign({}, { kid: undefined }), 'ann'],
      [
        'an address of keys, which is not looked at',
        publicKeys,
        rsaWith({ jku: 'http://127.0.0.1:9/' }),
        'ann',
      ],
      ['exp within the leeway', strict, of({ ...mine, exp: now - 50 }), 'ann'],
      ['nbf and iat within the leeway', strict, of({ ...mine, nbf: now + 50, iat: now + 50 }), 'ann'],
      ['a broken number as exp', shared, of({ exp: now + 60.5 }), 'ann'],
      ['one audience of a list', strict, of({ ...mine, aud: ['z', 'y'] }), 'ann'],
      ['the first of several issuers', several, of({ iss: 'https://a.example' }), 'a:ann'],
      ['the second of several issuers', several, rsa.sign({ iss: 'https://b.example' }), 'b:ann'],
      ['a sub of 255 characters', shared, of({ sub: 'ä'.repeat(255) }), 'ä'.repeat(255)],
      [
        'claims named as of every object',
        shared,
        raw(`{"sub":"ann","exp":${now + 60},"__proto__":{"sub":"x"},"constructor":1}`),
        'ann',
      ],
    ]
  it.each(right)('is known: %s (§12)', async (_name, door, token, id) => {
    expect(await outcome(door, await token)).toEqual({ id })
  })

  it.each(['PS256', 'ES384', 'ES512', 'EdDSA'])(
    'may be signed with %s where the key says so (§12)',
    async (alg) => {
      const signer = await createSigner(alg, 'k')
      const { alg: _alg, ...kind } = signer.jwk
      const said: TrustedIssuer = { jwks: { keys: [signer.jwk] }, audience: 'gamut' }
      const implied: TrustedIssuer = { jwks: { keys: [kind] }, audience: 'gamut' }
      expect(await outcome(jwtDoor(said), await signer.sign())).toEqual({ id: 'ann' })
      // RSA alone does not say which: it is RS256 then.
      const expected = alg === 'PS256' ? { code: 'unauthenticated' } : { id: 'ann' }
      expect(await outcome(jwtDoor(implied), await signer.sign())).toMatchObject(expected)
    },
  )

  it('may be signed with either of two secrets, until the old one is taken out (§12)', async () => {
    const old = 'the secret of last year, which some tokens still have'
    const both = jwtDoor({ secret: [secret, old] })
    expect(await outcome(both, sign({}, old))).toEqual({ id: 'ann' })
    expect(await outcome(both, sign())).toEqual({ id: 'ann' })
    expect(await outcome(shared, sign({}, old))).toMatchObject({ code: 'unauthenticated' })
  })

  it('gives its end with the leeway, its name and its claims (§12)', async () => {
    const identity = await shared.identify(sign({ jti: 'j1', exp: now + 30, role: 'x' }))
    expect(identity).toMatchObject({
      id: 'ann',
      token: 'j1',
      expiresAt: (now + 35) * 1000,
      claims: { role: 'x' },
    })
    const unnamed = await shared.identify(sign({ exp: now + 40 }))
    expect(unnamed.token).toMatch(/^sha256:[0-9a-f]{64}$/)
    const endless = jwtDoor({ secret, requireExpiry: false })
    expect(await endless.identify(sign({ exp: undefined }))).not.toHaveProperty('expiresAt')
  })

  it('has one name whichever of its signatures it comes with, or a revoked one would come back (§12)', async () => {
    const [first, second] = [await elliptic.sign({ exp: 4e9 }), await elliptic.sign({ exp: 4e9 })]
    expect(first).not.toBe(second)
    const names = [await publicKeys.identify(first), await publicKeys.identify(second)].map(
      ({ token }) => token,
    )
    expect(names[0]).toBe(names[1])
  })

  it('may name its holder and its permissions by other claims (§12)', async () => {
    const door = jwtDoor({ secret, idClaim: 'email', permissionsClaim: 'https://x.example/may' })
    const token = sign({
      sub: undefined,
      email: 'a@x',
      'https://x.example/may': { read: ['*'] },
      gamut: 'mine',
    })
    expect(await door.identify(token)).toMatchObject({ id: 'a@x', claims: { gamut: { read: ['*'] } } })
  })
})
