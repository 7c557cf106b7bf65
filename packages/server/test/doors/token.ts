import { createHmac } from 'node:crypto'
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'

/** A secret that is long enough for every algorithm. */
export const secret = 'a secret that two know and nobody else, in no less than 64 characters'

/** Seconds since 1970. */
export const nowSeconds = () => Math.floor(Date.now() / 1000)

/** Bytes, a text or anything as JSON, in the alphabet of tokens. */
export function encode(part: unknown): string {
  const bytes = part instanceof Uint8Array ? part : typeof part === 'string' ? part : JSON.stringify(part)
  return Buffer.from(bytes as string).toString('base64url')
}

/** A token of any header and payload, right or wrong, with a true HMAC over them. */
export function forge(
  header: unknown,
  payload: unknown,
  key: string | Uint8Array = secret,
  hash = 'sha256',
): string {
  const signed = `${encode(header)}.${encode(payload)}`
  return `${signed}.${createHmac(hash, key).update(signed).digest('base64url')}`
}

/** A right token for these claims, good for a minute unless they say otherwise. */
export function sign(claims: object = {}, key: string | Uint8Array = secret): string {
  return forge({ alg: 'HS256' }, { sub: 'ann', exp: nowSeconds() + 60, ...claims }, key)
}

/** A pair of keys, and tokens of it. */
export async function createSigner(alg: string, kid?: string) {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  const jwk: JWK = { ...(await exportJWK(publicKey)), alg, ...(kid !== undefined && { kid }) }
  return {
    privateKey,
    publicKey,
    jwk,
    sign: (claims: Record<string, unknown> = {}, header: Record<string, unknown> = {}) =>
      new SignJWT({ sub: 'ann', aud: 'gamut', exp: nowSeconds() + 60, ...claims })
        .setProtectedHeader({ alg, ...(kid !== undefined && { kid }), ...header })
        .sign(privateKey),
  }
}

/** A request with a token. */
export function bearer(token: string): RequestInit {
  return { headers: { authorization: `Bearer ${token}` } }
}
