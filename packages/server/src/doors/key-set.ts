import { isJsonObject } from '@gamut/protocol'
import {
  type CryptoKey,
  createLocalJWKSet,
  errors,
  type JSONWebKeySet,
  type JWK,
  type JWSHeaderParameters,
} from 'jose'

/** What public keys sign with. An algorithm with a shared secret is none of them, nor is `none`. */
export const publicAlgorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
] as const

/** More than an issuer signs with at a time; it bounds the work for a token that names no key. */
const maxKeys = 100
const maxTried = 8
const byCurve: Readonly<Record<string, string>> = {
  'P-256': 'ES256',
  'P-384': 'ES384',
  'P-521': 'ES512',
  Ed25519: 'EdDSA',
}

/** Finds the keys for a token's header; none if the set has none. */
export type FindKeys = (header: JWSHeaderParameters) => Promise<readonly CryptoKey[]>

/** A key with one algorithm of its own: what it does not say follows from its kind, RS256 for RSA (RFC 7518 §3.1). */
function withAlgorithm(key: JWK): JWK {
  if (key.alg !== undefined) return key
  const alg = key.kty === 'RSA' ? 'RS256' : byCurve[String(key.crv)]
  return alg === undefined ? key : { ...key, alg }
}

/** Checks a set of public keys (RFC 7517 §5), with what is wrong with it as a text. */
export function parseKeySet(value: unknown): { readonly find: FindKeys } | string {
  const keys = isJsonObject(value) ? value['keys'] : undefined
  if (!Array.isArray(keys) || !keys.every(isJsonObject))
    return 'an object {"keys":[…]} of JSON Web Keys is needed'
  if (keys.length > maxKeys) return `at most ${maxKeys} keys are taken`
  if (keys.some((key) => 'd' in key || 'k' in key))
    return 'there is a private key or a secret in it; only public keys belong here'
  const set = createLocalJWKSet({
    keys: (keys as unknown as JWK[]).map(withAlgorithm),
  } satisfies JSONWebKeySet)
  return { find: (header) => candidates(set(header)) }
}

async function candidates(found: Promise<CryptoKey>): Promise<readonly CryptoKey[]> {
  try {
    return [await found]
  } catch (error) {
    if (error instanceof errors.JWKSNoMatchingKey) return []
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error
    const keys: CryptoKey[] = []
    for await (const key of error) if (keys.push(key) === maxTried) break
    return keys
  }
}
