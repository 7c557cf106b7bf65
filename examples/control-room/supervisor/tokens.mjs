// @ts-check
import { randomUUID } from 'node:crypto'
import { GamutError } from '@gamut/server'
import { doorHooks, jwtDoor } from '@gamut/server/doors'
import { SignJWT } from 'jose'

const lifeMs = 3_600_000
/** Longer than it takes to end whoever reads by a token that has ended. */
const revokedMs = 60_000

/** A token of this page's own issuer: it says who asks and may be ended. */
export function issueToken(/** @type {string} */ secret) {
  const now = Date.now()
  const claims = { sub: 'room', jti: randomUUID(), iat: now / 1000, exp: (now + lifeMs) / 1000 }
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .sign(new TextEncoder().encode(secret))
}

/**
 * Knows whose a token is, and ends all that were issued before a moment.
 * @param {string} secret
 */
export function openTokens(secret) {
  const { authenticate } = doorHooks([jwtDoor({ secret })])
  /** Of each token that was seen, until when it lasts, the oldest first. @type {Map<string, number>} */
  const seen = new Map()
  let endedAt = 0
  const note = (/** @type {string} */ token, /** @type {number} */ expiresAt) => {
    for (const [old, until] of seen) {
      if (until > Date.now()) break
      seen.delete(old)
    }
    seen.set(token, expiresAt)
  }
  return {
    async authenticate(/** @type {Request} */ request) {
      const identity = await authenticate(request)
      if (!identity) return null
      const { token = '', expiresAt = 0, claims } = identity
      const isOver = () => Number(claims?.['iat']) * 1000 <= endedAt
      if (isOver()) throw new GamutError('unauthenticated', 'The token has ended. Get a new one.')
      note(token, expiresAt)
      // Read whenever the server looks at it: an end that comes sooner than was said.
      return Object.defineProperty({ ...identity }, 'expiresAt', {
        enumerable: true,
        get: () => (isOver() ? endedAt : expiresAt),
      })
    },
    /** Has all tokens end that were issued until then, and tells whoever reads by them. */
    async end(/** @type {import('@gamut/server').Gamut} */ gamut, /** @type {number} */ at) {
      endedAt = at
      const names = [...seen.keys()]
      seen.clear()
      await Promise.all(names.map((token) => gamut.revoke({ token, forMs: revokedMs })))
    },
  }
}
