import {
  type ApiKey,
  apiKeyDoor,
  type DoorHooks,
  doorHooks,
  jwtDoor,
  type Permissions,
  type TrustedIssuer,
} from '@gamut/server/doors'
import type { Logger } from 'pino'
import { usageFailure } from './failure.js'
import { type PathBase, readJson, toPath } from './given-path.js'
import type { GivenOption, GivenOptions } from './option.js'
import { type Env, fromEnv, namedText, oneOf, secretLines } from './secret-text.js'

/** Variables that have no flag: what is typed on a command line is seen by every user of the machine. */
export const secretVariables = { jwtSecret: 'GAMUT_JWT_SECRET', apiKeys: 'GAMUT_API_KEYS' } as const

/** What `gamut serve` was told of tokens and API keys, not yet checked. */
export interface DoorSettings {
  readonly issuer: TrustedIssuer | undefined
  readonly cookie: string | undefined
  readonly apiKeys: Readonly<Record<string, ApiKey>> | undefined
  readonly permissions: Permissions | undefined
  /** The file of the secret, as a person would write it here. */
  readonly secretFile: string | undefined
  /** Where each came from, by the name that a refusal of a door begins with. */
  readonly given: GivenOptions
}

/** A value that is text in a flag or variable and JSON in a config file. */
function asJson(option: GivenOption): unknown {
  return typeof option.value === 'string' ? readJson(option.value, option.from) : option.value
}

function secretFile(given: GivenOptions, base: PathBase): string | undefined {
  const option = given.get('jwtSecretFile')
  if (typeof option?.value !== 'string') return undefined
  return option.isInFile ? toPath(option.value, option, base) : option.value
}

function readSecret(given: GivenOptions, env: Env, base: PathBase): GivenOption | undefined {
  const named = given.get('jwtSecretFile')
  const option = oneOf([fromEnv(env, secretVariables.jwtSecret), named])
  if (!option) return undefined
  const text = option === named ? namedText(option, base) : String(option.value)
  return { ...option, value: secretLines(text) }
}

function readKeySet(option: GivenOption | undefined, base: PathBase): GivenOption | undefined {
  if (typeof option?.value !== 'string' || option.value.includes('://')) return option
  return { ...option, value: readJson(namedText(option, base), option.from) }
}

function readIssuer(given: GivenOptions, env: Env, base: PathBase) {
  const secret = readSecret(given, env, base)
  const jwks = readKeySet(given.get('jwks'), base)
  const [issuer, audience] = [given.get('jwtIssuer'), given.get('jwtAudience')]
  const from = { secret, jwks, issuer, audience }
  if (secret && jwks)
    throw usageFailure(`${secret.from} and ${jwks.from} exclude each other: whose tokens count?`)
  if (!secret && !jwks) {
    const idle = issuer ?? audience ?? given.get('jwtCookie')
    if (idle)
      throw usageFailure(
        `${idle.from} is about tokens. Give --jwt-secret-file, ${secretVariables.jwtSecret} or --jwks too.`,
      )
    return undefined
  }
  if (jwks && !audience) {
    throw usageFailure(
      `${jwks.from} needs --jwt-audience: those keys sign for other programs too. It is what "aud" of the tokens for this server is; "*" takes any.`,
    )
  }
  const values = Object.entries(from).flatMap(([name, option]) =>
    option ? [[name, option.value] as const] : [],
  )
  return { from, trusted: Object.fromEntries(values) as TrustedIssuer }
}

function readKeys(given: GivenOptions, env: Env, base: PathBase): GivenOption | undefined {
  const named = given.get('apiKeysFile')
  const option = oneOf([fromEnv(env, secretVariables.apiKeys), named, given.get('apiKeys')])
  if (!option) return undefined
  return {
    ...option,
    value: option === named ? readJson(namedText(option, base), option.from) : asJson(option),
  }
}

/** Reads what was said of tokens and API keys; `undefined` where nothing was. */
export function readDoors(given: GivenOptions, env: Env, base: PathBase): DoorSettings | undefined {
  const issuer = readIssuer(given, env, base)
  const apiKeys = readKeys(given, env, base)
  const permissions = given.get('permissions')
  if (!issuer && !apiKeys) {
    if (permissions)
      throw usageFailure(
        `${permissions.from} says what holders of tokens may do, and no tokens are taken. Give --jwt-secret-file, ${secretVariables.jwtSecret} or --jwks too.`,
      )
    return undefined
  }
  const hook = given.get('authenticate')
  if (hook)
    throw usageFailure(
      `${hook.from}: a server with tokens or API keys has no authenticate hook of its own. Take one out, or compose both with doorHooks of @gamut/server/doors.`,
    )
  const rules = given.get('authorize')
  if (rules && permissions)
    throw usageFailure(`${permissions.from} and ${rules.from} exclude each other: which one decides?`)
  const cookie = given.get('jwtCookie')
  const from = { ...issuer?.from, apiKeys, permissions, cookie }
  return {
    issuer: issuer?.trusted,
    cookie: cookie?.value as string | undefined,
    apiKeys: apiKeys?.value as DoorSettings['apiKeys'],
    secretFile: secretFile(given, base),
    permissions: permissions && (asJson(permissions) as Permissions),
    given: new Map(
      Object.entries(from).flatMap(([name, option]) => (option ? [[name, option] as const] : [])),
    ),
  }
}

/** Makes the hooks. Throws a `TypeError` that names what is wrong. */
export function openDoors({ issuer, cookie, apiKeys, permissions }: DoorSettings, logger: Logger): DoorHooks {
  const doors = [
    ...(issuer ? [jwtDoor(issuer, { logger, ...(cookie !== undefined && { cookie }) })] : []),
    ...(apiKeys ? [apiKeyDoor(apiKeys)] : []),
  ]
  return doorHooks(doors, permissions === undefined ? {} : { permissions })
}

/** Who gets in, in words. */
export function describeDoors({ issuer, cookie, apiKeys, permissions }: DoorSettings): string {
  const { jwks } = issuer ?? {}
  const signer = issuer?.secret
    ? 'by a shared secret'
    : typeof jwks === 'string' && URL.canParse(jwks)
      ? `by the keys of ${new URL(jwks).origin}`
      : 'by given keys'
  const names = Object.keys(apiKeys ?? {})
  const shown = names.length > 5 ? `${names.length} API keys` : `API keys (${names.join(', ')})`
  const ways = [
    issuer &&
      `holders of tokens signed ${signer}${cookie === undefined ? '' : `, also in the cookie ${cookie}`}`,
    apiKeys && `holders of ${shown}`,
  ].filter((way) => way !== undefined)
  const rest = issuer && permissions === undefined ? '; who has no claim "gamut" may do nothing' : ''
  return `${ways.join(', and ')}${rest}`
}

/** A word for a shell. */
function quote(text: string): string {
  return /^[\w./:@=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}

/** How to get a credential to try the server with, as a line for a shell. */
export function credentialLine({ issuer, secretFile }: DoorSettings): string {
  if (!issuer?.secret) return `export GAMUT_TOKEN=…   # ${issuer ? 'a token of that issuer' : 'an API key'}`
  const words = {
    '--jwt-secret-file': secretFile,
    '--issuer': issuer.issuer,
    '--audience': [issuer.audience].flat()[0],
  }
  const given = Object.entries(words).flatMap(([flag, text]) =>
    text === undefined ? [] : [`${flag} ${quote(text)} `],
  )
  return `export GAMUT_TOKEN=$(npx gamut token ${given.join('')}--sub me --read '*' --publish '*')`
}
