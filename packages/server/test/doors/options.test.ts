import { describe, expect, it } from 'vitest'
import {
  type ApiKey,
  apiKeyDoor,
  doorHooks,
  hashApiKey,
  jwtDoor,
  type TrustedIssuer,
} from '../../src/doors/index.js'
import { createSigner, secret } from './token.js'

const { jwk, privateKey } = await createSigner('ES256', 'k')
const privateJwk = { ...jwk, d: 'AAAA' }
const jwks = { keys: [jwk] }
const a: TrustedIssuer = { secret, issuer: 'a', prefix: 'a:' }

const wrongIssuers: readonly (readonly [name: string, trusted: unknown, says: RegExp])[] = [
  ['nothing', {}, /"secret" or "jwks"/],
  ['both kinds of keys', { secret, jwks }, /"secret" or "jwks"/],
  ['no issuer at all', [], /an issuer is needed/],
  ['a secret of 31 bytes', { secret: 'x'.repeat(31) }, /HS256 needs at least 32 bytes, and this one has 31/],
  ['a secret of 47 bytes for HS384', { secret: 'x'.repeat(47), algorithm: 'HS384' }, /48 bytes/],
  ['a secret of 63 bytes for HS512', { secret: new Uint8Array(63), algorithm: 'HS512' }, /64 bytes/],
  ['a short secret after a long one', { secret: [secret, 'short'] }, /32 bytes/],
  ['a public key as secret', { secret: `-----BEGIN PUBLIC KEY-----\n${'A'.repeat(99)}` }, /a key of a pair/],
  ['a JSON Web Key as secret', { secret: JSON.stringify(jwk) }, /a key of a pair/],
  ['no secret in a list', { secret: [] }, /one secret is needed/],
  ['a number as secret', { secret: 7 }, /a text or bytes/],
  ['RS256 for a secret', { secret, algorithm: 'RS256' }, /one of HS256/],
  ['an algorithm for public keys', { jwks, audience: 'x', algorithm: 'HS256' }, /belongs to "secret"/],
  ['public keys for anybody', { jwks }, /"\*" takes any/],
  ['an address without an audience', { jwks: 'https://a.example' }, /audience/],
  ['keys over http', { jwks: 'http://a.example/keys', audience: 'x' }, /https:/],
  [
    'keys from a name that begins like loopback',
    { jwks: 'http://127.0.0.1.a.example', audience: 'x' },
    /https:/,
  ],
  ['keys from a file', { jwks: 'file:///etc/keys', audience: 'x' }, /https:/],
  ['a password in the address', { jwks: 'https://u:p@a.example', audience: 'x' }, /password/],
  ['no address', { jwks: 'keys.json', audience: 'x' }, /no address/],
  ['a private key', { jwks: { keys: [privateJwk] }, audience: 'x' }, /private key/],
  ['several, one without issuer', [a, { secret, prefix: 'b:' }], /"issuer" of its own/],
  ['several of one name', [a, { ...a, prefix: 'b:' }], /"issuer" of its own/],
  ['several, one without prefix', [a, { secret, issuer: 'b' }], /"prefix"/],
  ['prefixes of which one begins with the other', [a, { secret, issuer: 'b', prefix: 'a:b:' }], /"prefix"/],
  ['a prefix with a slash', { secret, prefix: 'a/' }, /prefix/],
  ['an option that there is not', { secret, audiance: 'x' }, /audiance: no such option/],
]

describe('a door for tokens', () => {
  it.each(wrongIssuers)(
    'is not made of %s, and says why without the secret (§12)',
    (_name, trusted, says) => {
      const make = () => jwtDoor(trusted as TrustedIssuer)
      expect(make).toThrow(TypeError)
      expect(make).toThrow(says)
      expect(make).not.toThrow(secret)
    },
  )

  it('takes at most 60 s of leeway, and only names of cookies (security rule 5)', () => {
    expect(() => jwtDoor({ secret }, { leewaySeconds: 61 })).toThrow('leewaySeconds: a number from 0 to 60')
    expect(() => jwtDoor({ secret }, { cookie: 'a=b' })).toThrow('cookie:')
    expect(() => jwtDoor({ secret }, { cookie: '__Host-token', leewaySeconds: 60 })).not.toThrow()
    expect(privateKey.type).toBe('private')
  })

  it('takes keys from this machine without TLS (§12)', () => {
    for (const host of ['localhost', '127.0.0.1', '[::1]'])
      expect(() => jwtDoor({ jwks: `http://${host}:1/keys`, audience: '*' })).not.toThrow()
  })
})

const key = `gk_${'k'.repeat(43)}`
const wrongKeys: readonly (readonly [name: string, keys: unknown, says: RegExp])[] = [
  ['a list', [], /apiKeys: an object/],
  ['a name with a space', { 'a b': { key } }, /a name of 1 to 64/],
  ['no key', { a: { publish: ['*'] } }, /"hash" or "key"/],
  ['key and hash', { a: { key, hash: hashApiKey(key) } }, /"hash" or "key"/],
  ['a key without gk_', { a: { key: 'k'.repeat(50) } }, /"gk_"/],
  ['a short key', { a: { key: 'gk_short' } }, /at least 32/],
  ['a hash of another kind', { a: { hash: 'md5:00' } }, /"sha256:"/],
  ['a pattern with * within', { a: { key, publish: ['a/*/b'] } }, /no pattern/],
  ['a text in place of a list', { a: { key, publish: '*' } }, /list/],
  ['an action that there is not', { a: { key, write: ['*'] } }, /write: no such option/],
]

describe('a door for API keys', () => {
  it.each(wrongKeys)('is not made of %s, and says why without the key (§12)', (_name, keys, says) => {
    const make = () => apiKeyDoor(keys as Record<string, ApiKey>)
    expect(make).toThrow(says)
    expect(make).not.toThrow(key)
  })
})

describe('hooks of doors', () => {
  it.each(['a//b', '$', 'a b', '*/a', ':{sub}', 'a/{sub', 'a/{}', ''])(
    'take no pattern like "%s" (§12)',
    (pattern) => {
      expect(() => doorHooks([], { permissions: { read: [pattern] } })).toThrow(
        'permissions: "read" has what is no pattern',
      )
    },
  )
})
