import { isJsonObject, parseId } from '@gamut/protocol'
import type { Identity } from '../../hooks.js'

function isName(value: unknown): boolean {
  return parseId(value).ok
}

/**
 * What the application's `authenticate` gave, once it is known to be an identity or nobody. Throws a `TypeError` that
 * names the wrong field and no value: identities are checked, compared and revoked by these fields, and an end that is
 * no number would never come.
 */
export function toIdentity(given: unknown): Identity | null {
  if (given === null || given === undefined) return null
  if (!isJsonObject(given)) throw new TypeError('authenticate gave neither an identity nor null')
  const { id, claims, expiresAt, token, publishRate } = given
  const wrong = [
    !isName(id) && 'id: a text of 1 to 255 characters without control characters is needed',
    claims !== undefined && !isJsonObject(claims) && 'claims: an object is needed',
    expiresAt !== undefined && !Number.isFinite(expiresAt) && 'expiresAt: milliseconds since 1970 are needed',
    publishRate !== undefined &&
      !(typeof publishRate === 'number' && publishRate > 0) &&
      'publishRate: a number above 0 is needed',
    token !== undefined && !isName(token) && 'token: a text as of id is needed',
  ].find((problem) => problem !== false)
  if (wrong !== undefined) throw new TypeError(`authenticate gave an identity with a wrong ${wrong}`)
  return given as unknown as Identity
}
