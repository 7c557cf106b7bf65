import { randomBytes, randomUUID } from 'node:crypto'
import { hashApiKey, permissionsProblem } from '@gamut/server/doors'
import type { Command, CommandInput } from '../command.js'
import { parseDuration } from '../duration.js'
import { usageFailure } from '../failure.js'
import { flagOption, type GivenOptions, type OptionTable, textOption } from '../option.js'
import { signToken } from '../sign-token.js'

const may = 'What its holder may do'
const by = 'What signs it'

const options: OptionTable = {
  sub: { kind: 'text', placeholder: 'ID', help: 'whose token it is; needed' },
  expires: { kind: 'text', placeholder: 'TIME', help: 'when it ends: 90s, 15m, 12h, 30d', default: '1h' },
  issuer: { kind: 'text', placeholder: 'ISS', help: 'its claim "iss"' },
  audience: { kind: 'text', placeholder: 'AUD', help: 'its claim "aud"' },
  read: {
    kind: 'list',
    placeholder: 'A,B',
    help: 'channels to read, like chat/:room or user/{sub}/*',
    group: may,
  },
  publish: { kind: 'list', placeholder: 'A,B', help: 'channels to publish to', group: may },
  close: { kind: 'list', placeholder: 'A,B', help: 'channels to end for good', group: may },
  jwtSecretFile: {
    kind: 'text',
    placeholder: 'FILE',
    help: 'the secret in it; GAMUT_JWT_SECRET is one itself',
    group: by,
    env: true,
  },
  jwkFile: { kind: 'text', placeholder: 'FILE', help: 'the private JSON Web Key in it', group: by },
  newSecret: { kind: 'flag', help: 'print a new secret', group: 'In place of a token' },
  newApiKey: {
    kind: 'text',
    placeholder: 'NAME',
    help: 'print a new API key, and on standard error what to configure',
    group: 'In place of a token',
  },
}

/** The permissions that were given, checked; `undefined` where none were. */
function readPermissions(given: GivenOptions): Readonly<Record<string, unknown>> | undefined {
  const lists = ['read', 'publish', 'close'].flatMap((name) => {
    const option = given.get(name)
    return option ? [[name, option.value] as const] : []
  })
  if (lists.length === 0) return undefined
  const permissions = Object.fromEntries(lists)
  const problem = permissionsProblem(permissions)
  if (problem === undefined) return permissions
  throw usageFailure(`${problem}. Quote patterns for the shell: --read 'chat/*'.`)
}

function printApiKey(name: string, { options: given, terminal }: CommandInput): void {
  if (!/^[A-Za-z0-9_.-]{1,64}$/.test(name))
    throw usageFailure('--new-api-key: a name of 1 to 64 characters of A-Z a-z 0-9 _ . - is needed.')
  const permissions = readPermissions(given)
  if (!permissions) throw usageFailure("Say what the key may do: --publish 'orders/*', --read or --close.")
  const key = `gk_${randomBytes(32).toString('base64url')}`
  terminal.print(key)
  terminal.note(
    `Keep the key, it is shown once. The server gets its hash, in GAMUT_API_KEYS or --api-keys-file:\n${JSON.stringify({ [name]: { hash: hashApiKey(key), ...permissions } })}`,
  )
}

async function printToken({ options: given, terminal, env }: CommandInput): Promise<void> {
  const sub = textOption(given, 'sub')
  if (sub === undefined || sub === '') throw usageFailure('Say whose token it is: gamut token --sub alice.')
  const text = textOption(given, 'expires') ?? '1h'
  const seconds = parseDuration(text)
  if (seconds === undefined) throw usageFailure(`--expires: "${text}" is no time like 90s, 15m, 12h or 30d.`)
  const now = Math.floor(Date.now() / 1000)
  const gamut = readPermissions(given)
  const claims = { sub, iat: now, exp: now + seconds, jti: randomUUID(), ...(gamut && { gamut }) }
  terminal.print(await signToken(claims, given, env['GAMUT_JWT_SECRET']))
  if (!gamut)
    terminal.note("It lists no channels: its holder may do what the server's --permissions say, or nothing.")
}

async function run(input: CommandInput): Promise<number> {
  const { options: given, positionals, terminal } = input
  if (positionals.length > 0)
    throw usageFailure(`token takes no arguments, and "${positionals[0]}" is one. Quote lists: --read 'a,b'.`)
  const name = textOption(given, 'newApiKey')
  const isSecret = flagOption(given, 'newSecret')
  if (isSecret && name !== undefined) throw usageFailure('--new-secret and --new-api-key exclude each other.')
  if (isSecret) terminal.print(randomBytes(48).toString('base64url'))
  else if (name !== undefined) printApiKey(name, input)
  else await printToken(input)
  return 0
}

/** `gamut token`. */
export const tokenCommand: Command = {
  name: 'token',
  usage: '--sub ID [options]',
  about: [
    'Prints a JSON Web Token for trying things: your login service makes those of your users. A server takes it that has the same secret, or the public half of the key.',
  ],
  options,
  examples: [
    { says: 'a secret for the server and for tokens', line: 'gamut token --new-secret > secret' },
    {
      says: 'a token for an hour, for publish, tail and curl',
      line: `export GAMUT_TOKEN=$(gamut token --jwt-secret-file secret --sub me --read 'a')`,
    },
    {
      says: 'a key for a program that publishes',
      line: "gamut token --new-api-key shop --publish 'orders/*'",
    },
  ],
  run,
}
