import type { CryptoKey } from 'jose'
import { fail } from '../check.js'
import type { TokenKeys } from './token-keys.js'

/** What signs with a shared secret (RFC 7518 §3.2). */
export type SecretAlgorithm = 'HS256' | 'HS384' | 'HS512'

/** A key is at least as long as the hash that it goes into (RFC 7518 §3.2). */
const leastBytes: Readonly<Record<SecretAlgorithm, number>> = { HS256: 32, HS384: 48, HS512: 64 }
/** Every secret is tried: two are a rotation. */
const maxSecrets = 8

/** Keys that both sides know. Throws a `TypeError` for a secret that is too short. */
export function secretKeys(
  secrets: readonly (string | Uint8Array)[],
  algorithm: SecretAlgorithm = 'HS256',
): TokenKeys {
  if (!Object.hasOwn(leastBytes, algorithm))
    fail('algorithm', `one of ${Object.keys(leastBytes).join(', ')} is needed for a secret`)
  if (secrets.length === 0 || secrets.length > maxSecrets)
    fail('secret', `one secret is needed, or a list of at most ${maxSecrets}`)
  const bytes = secrets.map((secret) => toBytes(secret, algorithm))
  let keys: Promise<readonly CryptoKey[]> | undefined
  return {
    algorithms: [algorithm],
    find: () => {
      keys ??= Promise.all(bytes.map((one) => importSecret(one, algorithm)))
      return keys
    },
  }
}

function toBytes(secret: unknown, algorithm: SecretAlgorithm): Uint8Array {
  if (typeof secret !== 'string' && !(secret instanceof Uint8Array))
    fail('secret', 'a text or bytes are needed')
  // Whoever has such a public key, and that is everybody, could sign with it as with a secret.
  if (typeof secret === 'string' && /-----BEGIN|"kty"/.test(secret))
    fail('secret', 'that is a key of a pair and no secret; give the public one to "jwks" as a JSON Web Key')
  const bytes = typeof secret === 'string' ? new TextEncoder().encode(secret) : new Uint8Array(secret)
  if (bytes.length >= leastBytes[algorithm]) return bytes
  fail(
    'secret',
    `${algorithm} needs at least ${leastBytes[algorithm]} bytes, and this one has ${bytes.length}; "gamut token --new-secret" makes one`,
  )
}

function importSecret(bytes: Uint8Array, algorithm: SecretAlgorithm): Promise<CryptoKey> {
  const hash = `SHA-${algorithm.slice(2)}`
  return crypto.subtle.importKey('raw', new Uint8Array(bytes), { name: 'HMAC', hash }, false, ['verify'])
}
