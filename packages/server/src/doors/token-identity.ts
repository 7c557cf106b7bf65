import { parseId } from '@gamut/protocol'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import type { JWTPayload } from 'jose'
import { GamutError } from '../error.js'
import type { Identity } from '../hooks.js'
import { apiKeyIdentity } from './door.js'
import { permissionsClaim } from './permissions.js'
import type { Issuer } from './trusted-issuer.js'

/** The last second that a date can be (ECMA-262 §21.4.1.1). */
const lastSecond = 8_640_000_000_000

function wrongClaim(claim: string, needed: string): never {
  throw new GamutError('unauthenticated', `The claim "${claim}" of the token is wrong: ${needed}.`)
}

function toName(claim: string, value: unknown, prefix: string): string {
  const name = parseId(typeof value === 'string' && value !== '' ? `${prefix}${value}` : undefined)
  if (name.ok) return name.value
  return wrongClaim(claim, 'a text of 1 to 255 characters without control characters is needed')
}

/**
 * A name for a token that has none. It covers what is signed and not the signature, of which there may be several for
 * the same token: else a revoked one could be brought back under another name.
 */
function hashToken(token: string): string {
  const signed = token.slice(0, token.lastIndexOf('.'))
  return `sha256:${bytesToHex(sha256(new TextEncoder().encode(signed)))}`
}

/** The identity that a verified token stands for; throws `unauthenticated` for claims that no identity can be made of. */
export function toTokenIdentity(
  token: string,
  payload: JWTPayload,
  { prefix, idClaim, permissionsClaim: claim }: Issuer,
  { now, leewaySeconds }: { readonly now: number; readonly leewaySeconds: number },
): Identity {
  const { exp, iat, jti } = payload
  const id = toName(idClaim, payload[idClaim], prefix)
  if (id.startsWith(apiKeyIdentity))
    wrongClaim(idClaim, `names with "${apiKeyIdentity}" are those of API keys`)
  // JSON can write numbers that no clock reaches: such a token would never end.
  if (exp !== undefined && Math.abs(exp) > lastSecond) wrongClaim('exp', 'seconds since 1970 are needed')
  if (iat !== undefined && iat * 1000 > now + leewaySeconds * 1000)
    wrongClaim('iat', 'it is in the future; check the clocks of its issuer and of the server')
  const expiresAt = exp === undefined ? undefined : (exp + leewaySeconds) * 1000
  if (expiresAt !== undefined && expiresAt <= now)
    throw new GamutError('unauthenticated', 'The token has expired. Get a new one.')
  return {
    id,
    claims: claim === permissionsClaim ? payload : { ...payload, [permissionsClaim]: payload[claim] },
    ...(expiresAt !== undefined && { expiresAt }),
    token: jti === undefined ? hashToken(token) : toName('jti', jti, prefix),
  }
}
