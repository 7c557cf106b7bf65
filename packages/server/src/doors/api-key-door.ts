import { isJsonObject } from '@gamut/protocol'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { checkFields, type FieldRules, fail } from '../check.js'
import { GamutError } from '../error.js'
import type { Identity } from '../hooks.js'
import { apiKeyHeader, apiKeyIdentity, apiKeyPrefix, bearerOf, type Door } from './door.js'
import { type Permissions, permissionsClaim, permissionsProblem } from './permissions.js'

/** One API key: by its hash, or itself, and what it may do. */
export interface ApiKey extends Permissions {
  /** `sha256:` and 64 hexadecimal digits, as {@link hashApiKey} gives it: what is configured is then no secret. */
  readonly hash?: string
  /** The key itself, `gk_` and at least 32 characters. */
  readonly key?: string
}

const encoder = new TextEncoder()
/** Every request is compared with all of them. */
const maxKeys = 1000
const maxKeyLength = 200

/** The form in which a key is configured: from it the key cannot be found. */
export function hashApiKey(key: string): string {
  return `sha256:${bytesToHex(sha256(encoder.encode(key)))}`
}

const patterns = () => {}
const rules: FieldRules<ApiKey> = {
  read: patterns,
  publish: patterns,
  close: patterns,
  presence: patterns,
  hash: (value, name) => {
    if (typeof value !== 'string' || !/^sha256:[0-9a-f]{64}$/.test(value))
      fail(name, '"sha256:" and 64 hexadecimal digits are needed, as "gamut token --new-api-key" prints')
  },
  key: (value, name) => {
    if (typeof value !== 'string' || !/^gk_[\x21-\x7e]{32,197}$/.test(value))
      fail(name, 'a key is "gk_" and at least 32 characters; "gamut token --new-api-key" makes one')
  },
}

interface KnownKey {
  readonly hash: Uint8Array
  readonly identity: Identity
}

function toKnown(name: string, key: unknown): KnownKey {
  const where = `apiKeys["${name}"]`
  if (!/^[A-Za-z0-9_.-]{1,64}$/.test(name))
    fail(where, 'a name of 1 to 64 characters of A-Z a-z 0-9 _ . - is needed')
  checkFields<ApiKey>(key, where, rules)
  const { hash, key: plain, ...permissions } = key as ApiKey
  if ((hash === undefined) === (plain === undefined)) fail(where, 'either "hash" or "key" is needed')
  const problem = permissionsProblem(permissions)
  if (problem !== undefined) fail(where, problem)
  const digits = (hash ?? hashApiKey(plain ?? '')).slice('sha256:'.length)
  const id = `${apiKeyIdentity}${name}`
  return {
    hash: hexToBytes(digits),
    identity: { id, token: id, claims: { [permissionsClaim]: permissions } },
  }
}

/** Takes the same time wherever two hashes differ. */
function isSame(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length
  for (const [index, byte] of a.entries()) difference |= byte ^ (b[index] ?? 0)
  return difference === 0
}

/**
 * A door for programs that publish: API keys by name, in `Authorization: Bearer gk_…` or `X-API-Key`. A key's identity
 * is `key:<name>`, and it may do what its lists say, nothing else. Throws a `TypeError` that names a wrong key's name.
 */
export function apiKeyDoor(keys: Readonly<Record<string, ApiKey>>): Door {
  if (!isJsonObject(keys)) fail('apiKeys', 'an object of keys by name is needed')
  const known = Object.entries(keys).map(([name, key]) => toKnown(name, key))
  if (known.length > maxKeys) fail('apiKeys', `at most ${maxKeys} keys can be compared; use tokens`)
  return {
    find: (request) => {
      const bearer = bearerOf(request)
      if (bearer?.startsWith(apiKeyPrefix)) return bearer
      return request.headers.get(apiKeyHeader) ?? undefined
    },
    identify: (credential) => {
      const hash = sha256(encoder.encode(credential.slice(0, maxKeyLength + 1)))
      let found: Identity | undefined
      // All are compared, so that time does not tell which one fits.
      for (const one of known) if (isSame(one.hash, hash)) found = one.identity
      if (found) return found
      throw new GamutError(
        'unauthenticated',
        'The API key is not known here. Ask whoever runs the server for one.',
      )
    },
  }
}
