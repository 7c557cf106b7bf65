import type { JWK } from 'jose'
import { checkFields, type FieldRules, fail, isFlag } from '../check.js'
import { parseKeySet, publicAlgorithms } from './key-set.js'
import { permissionsClaim } from './permissions.js'
import { RemoteKeys, type RemoteKeysOptions } from './remote-keys.js'
import { type SecretAlgorithm, secretKeys } from './secret-keys.js'
import type { TokenKeys } from './token-keys.js'

/** Whose tokens are taken, and by which keys they are known: `secret` or `jwks`. */
export interface TrustedIssuer {
  /** A secret that the issuer shares with this server, as text (its UTF-8 bytes) or bytes; of several each counts, for a rotation. */
  readonly secret?: string | Uint8Array | readonly (string | Uint8Array)[]
  /** What tokens of `secret` are signed with. Default HS256, which needs 32 bytes; 48 and 64 for the others. */
  readonly algorithm?: SecretAlgorithm
  /** Public keys, or their address: `https:`, or `http:` on loopback. A key signs by its own `alg` or that of its kind. */
  readonly jwks?: string | URL | { readonly keys: readonly JWK[] }
  /** What `iss` must be. Needed where several issuers are trusted. */
  readonly issuer?: string
  /** What `aud` must hold, one of these. Needed with `jwks`, as its keys sign for other programs too; `*` takes any. */
  readonly audience?: string | readonly string[]
  /** Stands before ids and names of tokens, like `partner:`. Needed where several issuers are trusted, or one could name the other's people. */
  readonly prefix?: string
  /** The claim that is the identity's id. Default `sub`. */
  readonly idClaim?: string
  /** The claim that holds the permissions. Default `gamut`. */
  readonly permissionsClaim?: string
  /** Whether a token needs an `exp`. Default true. */
  readonly requireExpiry?: boolean
}

/** A trusted issuer with every default filled in. */
export interface Issuer {
  readonly keys: TokenKeys
  readonly issuer: string | undefined
  /** `undefined` takes any. */
  readonly audience: readonly string[] | undefined
  readonly prefix: string
  readonly idClaim: string
  readonly permissionsClaim: string
  readonly requireExpiry: boolean
}

function isText(value: unknown, name: string): void {
  if (typeof value !== 'string' || value === '') fail(name, 'a text is needed')
}

const rules: FieldRules<TrustedIssuer> = {
  secret: () => {},
  algorithm: isText,
  jwks: (value, name) => {
    if (typeof value !== 'string' && (typeof value !== 'object' || value === null))
      fail(name, 'an address or an object {"keys":[…]} is needed')
  },
  issuer: isText,
  audience: (value, name) => {
    const list: readonly unknown[] = Array.isArray(value) ? value : [value]
    if (list.length === 0) fail(name, 'a text or a list of texts is needed')
    for (const one of list) isText(one, name)
  },
  prefix: (value, name) => {
    if (typeof value !== 'string' || !/^[A-Za-z0-9_.:~@=-]{0,64}$/.test(value))
      fail(name, 'up to 64 characters of A-Z a-z 0-9 _ . : ~ @ = - are needed')
  },
  idClaim: isText,
  permissionsClaim: isText,
  requireExpiry: isFlag,
}

function toUrl(jwks: string | URL): URL {
  if (!URL.canParse(jwks))
    fail('jwks', 'that is no address; write it like "https://login.example.com/jwks.json"')
  const url = new URL(jwks)
  if (url.username !== '' || url.password !== '')
    fail('jwks', 'an address with a password in it is not taken')
  const isLoopback = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(url.hostname)
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback)) return url
  fail(
    'jwks',
    'keys come by https:, or by http: from this machine; whoever answers in between could sign anything',
  )
}

function toKeys({ secret, algorithm, jwks }: TrustedIssuer, options: RemoteKeysOptions): TokenKeys {
  if ((secret === undefined) === (jwks === undefined)) fail('jwtDoor', 'either "secret" or "jwks" is needed')
  if (secret !== undefined) {
    const isList = Array.isArray as (value: unknown) => value is readonly (string | Uint8Array)[]
    return secretKeys(isList(secret) ? secret : [secret], algorithm)
  }
  if (algorithm !== undefined) fail('algorithm', 'it belongs to "secret"; the keys of "jwks" say theirs')
  if (typeof jwks === 'string' || jwks instanceof URL) {
    const remote = new RemoteKeys(toUrl(jwks), options)
    return { algorithms: publicAlgorithms, find: (header) => remote.find(header) }
  }
  const set = parseKeySet(jwks)
  if (typeof set === 'string') fail('jwks', set)
  return { algorithms: publicAlgorithms, find: set.find }
}

function toIssuer(trusted: TrustedIssuer, options: RemoteKeysOptions): Issuer {
  checkFields<TrustedIssuer>(trusted, '', rules)
  const { issuer, audience, jwks } = trusted
  const keys = toKeys(trusted, options)
  if (jwks !== undefined && audience === undefined) {
    fail(
      'audience',
      'say what "aud" the tokens for this server have: the same keys sign for others. "*" takes any',
    )
  }
  const list = typeof audience === 'string' ? [audience] : audience
  return {
    keys,
    issuer,
    audience: list?.includes('*') ? undefined : list,
    prefix: trusted.prefix ?? '',
    idClaim: trusted.idClaim ?? 'sub',
    permissionsClaim: trusted.permissionsClaim ?? permissionsClaim,
    requireExpiry: trusted.requireExpiry ?? true,
  }
}

/** Checks whom a door trusts. Throws a `TypeError` that names what is wrong. */
export function toIssuers(
  trusted: TrustedIssuer | readonly TrustedIssuer[],
  options: RemoteKeysOptions,
): readonly Issuer[] {
  const list = Array.isArray(trusted) ? (trusted as readonly TrustedIssuer[]) : [trusted as TrustedIssuer]
  if (list.length === 0) fail('jwtDoor', 'an issuer is needed')
  const issuers = list.map((one) => toIssuer(one, options))
  for (const [index, one] of issuers.entries()) {
    const others = issuers.filter((_, at) => at !== index)
    if (others.length === 0) continue
    if (one.issuer === undefined || others.some(({ issuer }) => issuer === one.issuer))
      fail('issuer', 'where several issuers are trusted, each needs an "issuer" of its own')
    if (others.some(({ prefix }) => prefix.startsWith(one.prefix)))
      fail('prefix', 'where several issuers are trusted, each needs a "prefix" that no other one begins with')
  }
  return issuers
}
