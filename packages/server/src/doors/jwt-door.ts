import {
  decodeJwt,
  decodeProtectedHeader,
  errors,
  type JWSHeaderParameters,
  type JWTPayload,
  jwtVerify,
} from 'jose'
import { checkFields, type FieldRules, fail, isFunction, isNumber, isObject } from '../check.js'
import { type Clock, systemClock } from '../clock.js'
import { GamutError } from '../error.js'
import type { Identity } from '../hooks.js'
import { type Logger, silentLogger } from '../telemetry/logger.js'
import { cookiesOf } from './cookie.js'
import { apiKeyPrefix, bearerOf, type Door } from './door.js'
import { IdentityCache } from './identity-cache.js'
import { toTokenIdentity } from './token-identity.js'
import { type Issuer, type TrustedIssuer, toIssuers } from './trusted-issuer.js'

/** How tokens come and are checked, whoever issued them. */
export interface JwtDoorOptions {
  /** Also takes a token from the cookie of this name, for browsers. Default: none. */
  readonly cookie?: string
  /** How far the clocks of issuer and server may differ, in seconds, at most 60. A token ends so much later. Default 5. */
  readonly leewaySeconds?: number
  /** Told where keys cannot be fetched. Default: nobody. */
  readonly logger?: Logger
  readonly clock?: Clock
  /** Fetches keys. Default: the runtime's own. */
  readonly fetch?: typeof fetch
  /** A number from 0 to below 1. Default: `Math.random`. */
  readonly random?: () => number
}

/** The longest token that is looked at, in characters; Node itself takes 16 KiB of headers. */
const maxTokenLength = 8192

const rules: FieldRules<JwtDoorOptions> = {
  cookie: (value, name) => {
    if (typeof value !== 'string' || !/^[!#$%&'*+.^`|~\w-]+$/.test(value))
      fail(name, 'the name of a cookie is needed')
  },
  leewaySeconds: isNumber(0, 60),
  logger: isObject,
  clock: isObject,
  fetch: isFunction,
  random: isFunction,
}

function refuse(message: string): never {
  throw new GamutError('unauthenticated', message)
}

/** What a holder is told. What the signature says nothing of is told alike, whichever way it is wrong. */
function explain(error: unknown): never {
  if (error instanceof errors.JWTExpired) refuse('The token has expired. Get a new one.')
  if (error instanceof errors.JWTClaimValidationFailed) {
    const { claim } = error
    if (claim === 'nbf')
      refuse('The token is not valid yet. Check the clocks of its issuer and of the server.')
    if (claim === 'iss' || claim === 'aud')
      refuse('The token is meant for another program. Get one for this server.')
    refuse(`The claim "${claim}" of the token is missing or wrong. Get a token that has it.`)
  }
  // A JOSEError is about the token; anything else about a key, which is the server's own fault.
  if (error instanceof errors.JOSEError)
    refuse('The token is none that this server can trust. Get one from its issuer.')
  throw error
}

/** What a token says of its key, before anything is asked for because of it. */
function readHeader(token: string, algorithms: readonly string[]): JWSHeaderParameters {
  let header: JWSHeaderParameters
  try {
    header = decodeProtectedHeader(token)
  } catch (error) {
    throw new errors.JWTInvalid('it has no header', { cause: error })
  }
  if (algorithms.includes(header.alg ?? '')) return header
  throw new errors.JOSEAlgNotAllowed('its algorithm is none of those of its issuer')
}

/** Whose token it says to be: nothing is known of it yet, but who could show it. */
function chooseIssuer(token: string, issuers: readonly Issuer[]): Issuer {
  const [only] = issuers
  if (issuers.length === 1 && only) return only
  const { iss } = decodeJwt(token)
  const found = issuers.find(({ issuer }) => issuer === iss)
  if (found) return found
  refuse('The issuer of the token is none that this server trusts.')
}

/** Verifies a token by one issuer's keys; throws what jose throws. */
async function verify(
  token: string,
  { keys, issuer, audience, idClaim, requireExpiry }: Issuer,
  { now, leewaySeconds }: { readonly now: number; readonly leewaySeconds: number },
): Promise<JWTPayload> {
  const options = {
    algorithms: [...keys.algorithms],
    ...(issuer !== undefined && { issuer }),
    ...(audience && { audience: [...audience] }),
    requiredClaims: [idClaim, ...(requireExpiry ? ['exp'] : [])],
    clockTolerance: leewaySeconds,
    currentDate: new Date(now),
  }
  let wrong: unknown = new errors.JWKSNoMatchingKey()
  const header = readHeader(token, options.algorithms)
  for (const key of await keys.find(header)) {
    try {
      return (await jwtVerify(token, key, options)).payload
    } catch (error) {
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error
      wrong = error
    }
  }
  throw wrong
}

/**
 * A door for JSON Web Tokens, in `Authorization: Bearer` or a cookie (PROTOCOL §12). Which keys and algorithms count is
 * said here alone: a token's `kid` picks one of its issuer's keys, and addresses in a token are not looked at. Throws a
 * `TypeError` that names a wrong option.
 */
export function jwtDoor(
  trusted: TrustedIssuer | readonly TrustedIssuer[],
  options: JwtDoorOptions = {},
): Door {
  checkFields<JwtDoorOptions>(options, '', rules)
  const { cookie, leewaySeconds = 5, logger = silentLogger, clock = systemClock } = options
  const issuers = toIssuers(trusted, {
    clock,
    logger,
    fetch: options.fetch ?? fetch,
    random: options.random ?? Math.random,
  })
  const cache = new IdentityCache(clock)

  async function check(token: string): Promise<Identity> {
    const issuer = chooseIssuer(token, issuers)
    const payload = await verify(token, issuer, { now: clock.now(), leewaySeconds })
    return toTokenIdentity(token, payload, issuer, { now: clock.now(), leewaySeconds })
  }

  return {
    find: (request) => {
      const bearer = bearerOf(request)
      if (bearer !== undefined) return bearer.startsWith(apiKeyPrefix) ? undefined : bearer
      const [token, ...others] = cookie === undefined ? [] : cookiesOf(request, cookie)
      if (others.length > 0)
        refuse('There are several cookies of the name for tokens. Delete those of other paths and hosts.')
      // A cookie is emptied to delete it.
      return token || undefined
    },
    identify: async (token) => {
      if (token.length > maxTokenLength) refuse(`A token has at most ${maxTokenLength} characters here.`)
      const known = cache.get(token)
      if (known) return known
      try {
        const identity = await check(token)
        cache.set(token, identity)
        return identity
      } catch (error) {
        return explain(error)
      }
    },
  }
}
