import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { openReader, takeKind, takeMessages } from '@gamut/testing'
import { exportJWK, generateKeyPair } from 'jose'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startGamut } from '../../../e2e/support/gamut.js'
import { startProcess } from '../../../e2e/support/start-process.js'
import { parseArguments } from '../src/arguments.js'
import { serveCommand } from '../src/commands/serve.js'
import { resolveConfig } from '../src/config.js'
import { describeDoors } from '../src/door-settings.js'
import { runCommand } from './run-command.js'
import { temporaryFiles } from './temporary-files.js'

const secret = 'a secret for these tests and nothing else'
const keys = JSON.stringify({ shop: { hash: `sha256:${'0'.repeat(64)}`, publish: ['orders/*'] } })

/** What came of `gamut token`: standard output without its line's end. */
async function token(args: readonly string[], env: Record<string, string> = { GAMUT_JWT_SECRET: secret }) {
  const { code, out, err } = await runCommand(['token', ...args], { env })
  expect({ code, err }).toEqual({ code: 0, err })
  return { out: out.trim(), err }
}

const claimsOf = (text: string) => JSON.parse(Buffer.from(text.split('.')[1] ?? '', 'base64url').toString())

async function settings(
  args: readonly string[],
  env: Record<string, string> = {},
  files: Record<string, string> = {},
) {
  return (await resolveConfig(parseArguments(serveCommand, args).options, env, temporaryFiles(files))).doors
}

async function status(url: string, credential?: string, init: RequestInit = {}) {
  const headers = { ...init.headers, ...(credential && { authorization: `Bearer ${credential}` }) }
  return (await fetch(url, { ...init, headers })).status
}

const post = { method: 'POST', body: '1', headers: { 'content-type': 'application/json' } }

describe('tokens', () => {
  it('made by "gamut token" are taken by a server with the same secret, for what they list (§12)', async () => {
    const server = await startGamut([], { GAMUT_JWT_SECRET: secret })
    const { out: reader } = await token(['--sub', 'ann', '--read', 'chat/*,user/{sub}/*'])
    const { out: writer } = await token(['--sub', 'bob', '--publish', 'chat/:room', '--close', 'chat/a'])
    const at = (channel: string) => `${server.url}/channels/${channel}`
    expect(await status(at('chat/a'), reader)).toBe(200)
    expect(await status(at('user/ann/x'), reader)).toBe(200)
    expect(await status(at('user/bob/x'), reader)).toBe(403)
    expect(await status(at('chat/a'), reader, post)).toBe(403)
    expect(await status(at('chat/a'), writer, post)).toBe(201)
    expect(await status(at('chat/a?close=true'), writer, { ...post, body: '' })).toBe(201)
    expect(await status(at('chat/b?close=true'), writer, { ...post, body: '' })).toBe(403)
    expect(await status(at('chat/a'))).toBe(401)
    expect(await status(at(`chat/a?token=${reader}`))).toBe(401)
    const { out: foreign } = await token(['--sub', 'ann', '--read', '*'], {
      GAMUT_JWT_SECRET: `${secret}, or not`,
    })
    expect(await status(at('chat/a'), foreign)).toBe(401)
    expect(server.output()).not.toContain(secret)
  })

  it('reach publish and tail by GAMUT_TOKEN, over every transport (§12)', async () => {
    const server = await startGamut([], { GAMUT_JWT_SECRET: secret })
    const { out } = await token(['--sub', 'ann', '--read', 'room', '--publish', 'room', '--close', 'room'])
    const env = { GAMUT_TOKEN: out, GAMUT_URL: server.url }
    expect(await runCommand(['publish', 'room', '"hi"', '--close'], { env })).toMatchObject({ code: 0 })
    for (const transport of ['poll', 'long-poll', 'sse', 'ndjson', 'websocket']) {
      const args = ['tail', 'room', '--transport', transport, '--last', '1']
      const read = await runCommand(args, { env })
      expect({ transport, ...read }).toMatchObject({
        transport,
        code: 0,
        out: expect.stringContaining('"hi"'),
      })
      expect(await runCommand(args, { env: { GAMUT_URL: server.url } })).toMatchObject({ code: 1 })
    }
  })

  it('say what was asked for, and end when it was said (§12)', async () => {
    const args = ['--sub', 'ann', '--expires', '30d', '--issuer', 'i', '--audience', 'a']
    const { out, err } = await token(args)
    const { iat, exp, jti, ...claims } = claimsOf(out)
    expect(claims).toEqual({ sub: 'ann', iss: 'i', aud: 'a' })
    expect(exp - iat).toBe(30 * 86_400)
    expect(jti).toMatch(/^[0-9a-f-]{36}$/)
    expect(err).toContain('lists no channels')
  })

  it('signed with a private key are taken by a server that fetches its public half (§12)', async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
    const named = { alg: 'ES256', kid: 'k1' }
    const directory = temporaryFiles({
      'private.json': JSON.stringify({ ...(await exportJWK(privateKey)), ...named }),
      'public.json': JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), ...named }] }),
    })
    const args = ['--jwks', `${directory}/public.json`, '--jwt-audience', 'gamut,other', '--jwt-issuer', 'me']
    const server = await startGamut([...args, '--permissions', '{"read":["user/{sub}"]}'])
    const make = async (more: readonly string[]) =>
      (await token(['--jwk-file', `${directory}/private.json`, '--sub', 'ann', ...more], {})).out
    const url = `${server.url}/channels/user/ann`
    expect(await status(url, await make(['--audience', 'gamut', '--issuer', 'me']))).toBe(200)
    expect(await status(url, await make(['--audience', 'elsewhere', '--issuer', 'me']))).toBe(401)
    expect(await status(url, await make(['--audience', 'gamut', '--issuer', 'you']))).toBe(401)
  })

  it('are revoked by their jti, their holder’s id, or the name of an API key (§12)', async () => {
    const { out: key, err } = await token(['--new-api-key', 'shop', '--read', 'room'], {})
    const configured = err.split('\n').find((line) => line.startsWith('{')) ?? ''
    const server = await startGamut([], { GAMUT_JWT_SECRET: secret, GAMUT_API_KEYS: configured })
    const make = async () => (await token(['--sub', 'ann', '--read', 'room'])).out
    const [first, second] = [await make(), await make()]
    const read = () =>
      Promise.all([first, second, key].map((one) => status(`${server.url}/channels/room`, one)))
    const revoke = async (what: object) => {
      const body = JSON.stringify(what)
      expect(await status(`${server.url}/revocations`, undefined, { ...post, body })).toBe(200)
    }
    expect(await read()).toEqual([200, 200, 200])
    await revoke({ token: claimsOf(first).jti })
    expect(await read()).toEqual([403, 200, 200])
    await revoke({ identity: 'ann' })
    expect(await read()).toEqual([403, 403, 200])
    await revoke({ identity: 'key:shop' })
    expect(await read()).toEqual([403, 403, 403])
    await revoke({ identity: 'ann', forMs: 0 })
    expect(await read()).toEqual([403, 200, 403])
  })

  it('come in the cookie that was named (§12)', async () => {
    const server = await startGamut(['--jwt-cookie', 'session'], { GAMUT_JWT_SECRET: secret })
    const { out } = await token(['--sub', 'ann', '--read', 'room'])
    const url = `${server.url}/channels/room`
    expect(await status(url, undefined, { headers: { cookie: `session=${out}` } })).toBe(200)
    expect(await status(url, undefined, { headers: { cookie: `other=${out}` } })).toBe(401)
  })

  it('are counted by the secret of a file, by each of its lines (§12)', async () => {
    const old = 'the secret of last year, still good for a while'
    const directory = temporaryFiles({ secret: `${secret}\n\n${old}\n` })
    const server = await startGamut(['--jwt-secret-file', `${directory}/secret`])
    for (const GAMUT_JWT_SECRET of [secret, old]) {
      const { out } = await token(['--sub', 'ann', '--read', 'room'], { GAMUT_JWT_SECRET })
      expect(await status(`${server.url}/channels/room`, out)).toBe(200)
    }
  })
})

/** Public keys at an address of this machine, which a test can change or take away. */
async function startKeySet() {
  let answer: { readonly status: number; readonly body: string } = { status: 503, body: '' }
  const server = createServer((_request, response) => {
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const show = (keys: readonly object[]) => {
    answer = { status: 200, body: JSON.stringify({ keys }) }
  }
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys?key=hidden`, show }
}

describe('keys from an address', () => {
  it('that is away are a failure of the server, logged, and no token’s fault; an EventSource comes back (§6, §12)', async () => {
    const away = await startKeySet()
    const server = await startGamut(['--jwks', away.url, '--jwt-audience', 'a', '--log-level', 'error'])
    const { privateKey } = await generateKeyPair('ES256', { extractable: true })
    const jwk = JSON.stringify({ ...(await exportJWK(privateKey)), alg: 'ES256' })
    const directory = temporaryFiles({ 'key.json': jwk })
    const { out } = await token(
      ['--jwk-file', `${directory}/key.json`, '--sub', 'ann', '--audience', 'a'],
      {},
    )
    const headers = { authorization: `Bearer ${out}` }
    const poll = await fetch(`${server.url}/channels/a`, { headers })
    expect(poll.status).toBe(500)
    expect(Number(poll.headers.get('retry-after'))).toBeGreaterThan(0)
    const events = await fetch(`${server.url}/channels/a?as=sse`, { headers })
    expect(events.status).toBe(200)
    expect(await events.text()).toMatch(/^retry: \d+\n(?:.*\n)*event: \$reconnect$/m)
    const log = await server.waitFor(
      (text) => /^\{.*the keys of tokens cannot be fetched.*$/m.exec(text)?.[0],
    )
    expect(JSON.parse(log)).toMatchObject({
      url: away.url.split('?')[0],
      error: expect.stringContaining('503'),
    })
    expect(server.output()).not.toContain('hidden')
  })

  it('are fetched when a token needs them (§12)', async () => {
    const set = await startKeySet()
    const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true })
    set.show([{ ...(await exportJWK(publicKey)), use: 'sig' }])
    const jwk = JSON.stringify({ ...(await exportJWK(privateKey)), alg: 'RS256' })
    const directory = temporaryFiles({ 'key.json': jwk })
    const server = await startGamut([
      '--jwks',
      set.url,
      '--jwt-audience',
      '*',
      '--permissions',
      '{"read":["a"]}',
    ])
    const { out } = await token(['--jwk-file', `${directory}/key.json`, '--sub', 'ann'], {})
    expect(await status(`${server.url}/channels/a`, out)).toBe(200)
    expect(await status(`${server.url}/channels/b`, out)).toBe(403)
  })
})

describe('an API key', () => {
  it('is made once, and the server is given its hash alone (§12)', async () => {
    const { out: key, err } = await token(['--new-api-key', 'shop', '--publish', 'orders/*'], {})
    expect(key).toMatch(/^gk_[\w-]{43}$/)
    const configured = err.split('\n').find((line) => line.startsWith('{')) ?? ''
    expect(configured).not.toContain(key)
    const server = await startGamut([], { GAMUT_API_KEYS: configured })
    const at = (channel: string) => `${server.url}/channels/${channel}`
    expect(await status(at('orders/1'), key, post)).toBe(201)
    expect(await status(at('other'), key, post)).toBe(403)
    expect(await status(at('orders/1'), key)).toBe(403)
    expect(await status(at('orders/1'), `${key}x`, post)).toBe(401)
  })
})

describe('a server with a door', () => {
  it('may be reached from outside, says who gets in, and shows how to try it (§12)', async () => {
    const directory = temporaryFiles({ secret })
    const server = await startGamut(['--host', '0.0.0.0', '--jwt-secret-file', `${directory}/secret`])
    const output = await server.waitFor((text) => text.includes('Ctrl-C') && text)
    expect(output).toMatch(/open to +holders of tokens signed by a shared secret/)
    const line = (name: string) => new RegExp(`^  ${name} +(.*)$`, 'm').exec(output)?.[1] ?? ''
    const script = `${line('credential').replace('npx gamut', `"${process.execPath}" packages/cli/bin/gamut.js`)}; ${line('publish')} --silent`
    const publish = startProcess({ command: 'sh', args: ['-c', script] })
    await publish.exited
    expect(publish.output()).toContain('"cursor"')
    expect(output).not.toContain(secret)
  })

  it('is asked for by whatever name, as no page of another name has its credentials (§12)', async () => {
    const server = await startGamut([], { GAMUT_JWT_SECRET: secret })
    const { out } = await token(['--sub', 'ann', '--read', 'room'])
    const reader = openReader('sse', {
      origin: server.url,
      channel: 'room',
      headers: { host: 'gamut.example', authorization: `Bearer ${out}` },
    })
    await takeKind(reader, 'open')
    reader.close()
    expect(await takeMessages(reader, 0)).toEqual([])
  })
})

const file = (options: object) => ({ 'gamut.config.json': JSON.stringify(options) })
const hooks = { 'gamut.config.mjs': 'export default { authenticate: () => null, authorize: () => true }' }
const rules = { 'gamut.config.mjs': 'export default { authorize: () => true }' }
const S = { GAMUT_JWT_SECRET: secret }
const wrong: readonly (readonly [
  string,
  readonly string[],
  Record<string, string>,
  Record<string, string>,
  string,
])[] = [
  ['two secrets', ['--jwt-secret-file', 's'], S, {}, 'GAMUT_JWT_SECRET and --jwt-secret-file'],
  ['a secret and keys', ['--jwks', 'https://a.example'], S, {}, 'GAMUT_JWT_SECRET and --jwks exclude'],
  ['keys without an audience', ['--jwks', 'https://a.example'], {}, {}, '--jwks needs --jwt-audience'],
  ['an audience without keys', ['--jwt-audience', 'x'], {}, {}, '--jwt-audience is about tokens'],
  ['a cookie without keys', ['--jwt-cookie', 'x'], {}, {}, '--jwt-cookie is about tokens'],
  ['permissions without tokens', ['--permissions', '{}'], {}, {}, 'no tokens are taken'],
  ['permissions that are no JSON', ['--permissions', '{'], S, {}, '--permissions: that is not JSON'],
  ['no file of the secret', ['--jwt-secret-file', 'none'], {}, {}, 'there is no such file'],
  [
    'a directory as file of the secret',
    ['--jwt-secret-file', '.'],
    {},
    {},
    '--jwt-secret-file: . cannot be read',
  ],
  ['a number as file of the secret', [], {}, file({ jwtSecretFile: 1 }), 'gamut.config.json: jwtSecretFile'],
  ['a secret in the file', [], {}, file({ jwtSecret: secret }), 'Did you mean jwtSecretFile?'],
  ['keys that are no JSON', [], { GAMUT_API_KEYS: 'gk_secret' }, {}, 'GAMUT_API_KEYS: that is not JSON.'],
  [
    'API keys twice',
    [],
    { GAMUT_API_KEYS: keys },
    file({ apiKeys: {} }),
    'GAMUT_API_KEYS and gamut.config.json: apiKeys',
  ],
  ['a hook that says who asks', [], S, hooks, 'gamut.config.mjs: authenticate'],
  [
    'permissions and a hook',
    ['--permissions', '{}'],
    S,
    rules,
    '--permissions and gamut.config.mjs: authorize',
  ],
]
describe('options of doors', () => {
  it('come from flags, environment and file (§16)', async () => {
    const expected = { issuer: { secret: [secret], issuer: 'i', audience: ['a', 'b'] }, cookie: 'c' }
    const files = { s: secret }
    const flags = [
      '--jwt-secret-file',
      's',
      '--jwt-issuer',
      'i',
      '--jwt-audience',
      'a,b',
      '--jwt-cookie',
      'c',
    ]
    const env = {
      GAMUT_JWT_SECRET: secret,
      GAMUT_JWT_ISSUER: 'i',
      GAMUT_JWT_AUDIENCE: 'a,b',
      GAMUT_JWT_COOKIE: 'c',
    }
    const file = { jwtSecretFile: 's', jwtIssuer: 'i', jwtAudience: ['a', 'b'], jwtCookie: 'c' }
    const cwd = temporaryFiles(files)
    const { doors } = await resolveConfig(parseArguments(serveCommand, flags).options, {}, cwd)
    expect(doors).toMatchObject(expected)
    expect(await settings([], env)).toMatchObject(expected)
    expect(await settings([], {}, { ...files, 'gamut.config.json': JSON.stringify(file) })).toMatchObject(
      expected,
    )
    const apiKeys = { apiKeys: JSON.parse(keys) }
    expect(await settings([], { GAMUT_API_KEYS: keys })).toMatchObject(apiKeys)
    expect(await settings(['--api-keys-file', 'k'], {}, { k: keys })).toMatchObject(apiKeys)
    expect(await settings([], {}, { 'gamut.config.json': JSON.stringify(apiKeys) })).toMatchObject(apiKeys)
    expect(await settings([], {}, { 'gamut.config.json': '{"apiKeysFile":"k"}', k: keys })).toMatchObject(
      apiKeys,
    )
    expect(await settings([])).toBeUndefined()
  })

  it('are told in words (§12)', async () => {
    const said = async (env: Record<string, string>) => {
      const doors = await settings([], env)
      return doors && describeDoors(doors)
    }
    expect(await said({ GAMUT_API_KEYS: keys })).toBe('holders of API keys (shop)')
    const jwks = {
      GAMUT_JWKS: 'https://login.example/keys?a=b',
      GAMUT_JWT_AUDIENCE: 'x',
      GAMUT_JWT_COOKIE: 'c',
    }
    expect(await said({ ...jwks, GAMUT_API_KEYS: keys, GAMUT_PERMISSIONS: '{"read":["a"]}' })).toBe(
      'holders of tokens signed by the keys of https://login.example, also in the cookie c, and holders of API keys (shop)',
    )
  })

  it.each(wrong)(
    'are refused by their names, without a secret: %s',
    async (_name, args, env, files, said) => {
      const error = await settings(args, env, files).catch((thrown: Error) => thrown)
      expect(error).toMatchObject({ exitCode: 2, message: expect.stringContaining(said) })
      expect((error as Error).message).not.toContain(secret)
      expect((error as Error).message).not.toContain('gk_secret')
    },
  )

  it.each([
    [{ GAMUT_JWT_SECRET: 'short' }, [], 'GAMUT_JWT_SECRET: HS256 needs at least 32 bytes'],
    [
      { GAMUT_JWT_SECRET: '-----BEGIN PUBLIC KEY-----\nAAAA' },
      [],
      'GAMUT_JWT_SECRET: that is a key of a pair',
    ],
    [S, ['--jwt-cookie', 'a b'], '--jwt-cookie: the name of a cookie'],
    [S, ['--permissions', '{"read":["a//b"]}'], '--permissions: "read" has what is no pattern'],
    [{ GAMUT_API_KEYS: '{"a":{"key":"short"}}' }, [], 'GAMUT_API_KEYS["a"].key: a key is'],
    [{}, ['--jwks', 'http://a.example/', '--jwt-audience', 'x'], '--jwks: keys come by https:'],
    [S, ['--public'], '--public lets everybody do everything'],
    [{}, ['--host', '0.0.0.0'], '--jwt-secret-file, --jwks'],
  ])('are refused at the start, by where they came from: %j %j', async (env, args, said) => {
    const { code, err } = await runCommand(['serve', '--port', '0', ...args], { env })
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining(said) })
  })
})
