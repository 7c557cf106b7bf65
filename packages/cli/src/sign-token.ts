import { isJsonObject } from '@gamut/protocol'
import { importJWK, type JWK, SignJWT } from 'jose'
import { textOf, usageFailure } from './failure.js'
import { type PathBase, readJson, readNamedFile } from './given-path.js'
import { type GivenOption, type GivenOptions, textOption } from './option.js'
import { secretLines } from './secret-text.js'

/** What signs a token, and what its header says of that. */
interface SigningKey {
  readonly key: Parameters<SignJWT['sign']>[0]
  readonly header: { readonly alg: string; readonly kid?: string }
}

const leastSecretBytes = 32

function toSecret(text: string, from: string): SigningKey {
  // The first of several is the one that counts longest.
  const [secret = ''] = secretLines(text)
  const key = new TextEncoder().encode(secret)
  if (key.length >= leastSecretBytes) return { key, header: { alg: 'HS256' } }
  throw usageFailure(
    `${from}: a secret has at least ${leastSecretBytes} bytes, and this one has ${key.length}. "gamut token --new-secret" makes one.`,
  )
}

async function toPrivateKey(text: string, from: string): Promise<SigningKey> {
  const jwk = readJson(text, from)
  if (!isJsonObject(jwk) || typeof jwk['d'] !== 'string' || typeof jwk['alg'] !== 'string')
    throw usageFailure(`${from}: a private JSON Web Key is needed, with its "alg".`)
  const { alg, kid } = jwk
  try {
    const key = await importJWK(jwk as unknown as JWK, alg)
    return { key, header: { alg, ...(typeof kid === 'string' && { kid }) } }
  } catch (error) {
    throw usageFailure(`${from}: that key cannot be used: ${textOf(error)}.`)
  }
}

function readKey(
  given: GivenOptions,
  secret: string | undefined,
  base: PathBase,
): SigningKey | Promise<SigningKey> {
  const read = (option: GivenOption) => readNamedFile(String(option.value), option, base)
  const [file, jwk] = [given.get('jwtSecretFile'), given.get('jwkFile')]
  if (file && jwk) throw usageFailure(`${file.from} and ${jwk.from} exclude each other: one key signs.`)
  if (jwk) return toPrivateKey(read(jwk), jwk.from)
  if (file) return toSecret(read(file), file.from)
  if (secret) return toSecret(secret, 'GAMUT_JWT_SECRET')
  throw usageFailure(
    'Nothing to sign with. Set GAMUT_JWT_SECRET or give --jwt-secret-file FILE, the secret that the server has, or --jwk-file FILE with a private key. "gamut token --new-secret" makes a secret.',
  )
}

/** Signs claims by the key that was given: a file, or `secret` of the environment. */
export async function signToken(
  claims: Readonly<Record<string, unknown>>,
  given: GivenOptions,
  secret: string | undefined,
): Promise<string> {
  const { key, header } = await readKey(given, secret, { file: undefined, cwd: process.cwd() })
  const signing = new SignJWT(claims).setProtectedHeader({ ...header, typ: 'JWT' })
  const [issuer, audience] = [textOption(given, 'issuer'), textOption(given, 'audience')]
  if (issuer !== undefined) signing.setIssuer(issuer)
  if (audience !== undefined) signing.setAudience(audience)
  try {
    return await signing.sign(key)
  } catch (error) {
    throw usageFailure(`The token cannot be signed: ${textOf(error)}.`)
  }
}
