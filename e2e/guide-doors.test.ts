import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Gamut } from '@gamut/server'
import { SignJWT } from 'jose'
import { describe, expect, test } from 'vitest'
import { freePort } from './support/free-port.js'
import { startGamut } from './support/gamut.js'
import { blocks, loadSnippet, temporaryDirectory } from './support/snippet.js'
import { startProcess } from './support/start-process.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const guide = readFileSync(`${root}docs/guide/who-may-do-what.md`, 'utf8')
const readme = readFileSync(`${root}README.md`, 'utf8').split('## Who may do what')[1] ?? ''

process.env['JWT_SECRET'] = 'a secret for what the guide shows, and for nothing else'
process.env['SHOP_KEY'] = `gk_${'s'.repeat(43)}`

function sign(claims: Record<string, unknown>): Promise<string> {
  return new SignJWT({ sub: 'ann', ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime('1h')
    .sign(new TextEncoder().encode(process.env['JWT_SECRET']))
}

async function status(
  gamut: Gamut,
  channel: string,
  headers: Record<string, string> = {},
  init: RequestInit = {},
) {
  return (await gamut.fetch(new Request(`http://gamut.test/channels/${channel}`, { headers, ...init })))
    .status
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

describe('the guide to doors', () => {
  const [embedded = '', rules = '', several = '', session = ''] = blocks(guide, 'js')

  test('puts doors into an application (§12)', async () => {
    const gamut = await loadSnippet(embedded)
    const token = await sign({ aud: 'chat' })
    expect(await status(gamut, 'news/today', { cookie: `__Host-token=${token}` })).toBe(200)
    expect(await status(gamut, 'news/today', bearer(await sign({ aud: 'mail' })))).toBe(401)
    expect(await status(gamut, 'other', bearer(token))).toBe(403)
    expect(await status(gamut, 'status')).toBe(200)
    const headers = { 'x-api-key': process.env['SHOP_KEY'] ?? '', 'content-type': 'application/json' }
    expect(await status(gamut, 'orders/1', headers, { method: 'POST', body: '1', headers })).toBe(201)
  })

  test('puts rules of one’s own in place of lists (§12)', async () => {
    const gamut = await loadSnippet(rules)
    expect(await status(gamut, 'news/today', bearer(await sign({})))).toBe(200)
    expect(await status(gamut, 'other', bearer(await sign({})))).toBe(403)
    expect(await status(gamut, 'other', bearer(await sign({ role: 'admin' })))).toBe(200)
    expect(await status(gamut, 'news/today')).toBe(401)
  })

  test('trusts several issuers (§12)', async () => {
    const gamut = await loadSnippet(several)
    const claims = { iss: 'https://partner.example/', gamut: { read: ['user/{sub}/*'] } }
    expect(await status(gamut, 'user/partner:ann/x', bearer(await sign(claims)))).toBe(200)
    expect(await status(gamut, 'user/ann/x', bearer(await sign(claims)))).toBe(403)
    expect(await status(gamut, 'a', bearer(await sign({ iss: 'https://login.example.com/' })))).toBe(401)
  })

  test('makes a door of one’s own (§12)', async () => {
    const gamut = await loadSnippet(session)
    expect(await status(gamut, 'user/ann/x', { 'x-session': 's1' })).toBe(200)
    expect(await status(gamut, 'user/bob/x', { 'x-session': 's1' })).toBe(403)
    expect(await status(gamut, 'user/ann/x', { 'x-session': 's2' })).toBe(401)
  })

  test('configures a server for a login service (§16)', async () => {
    const directory = temporaryDirectory()
    const [, config = ''] = blocks(guide, 'json')
    writeFileSync(`${directory}/gamut.config.json`, config)
    const server = await startGamut(['--config', `${directory}/gamut.config.json`, '--host', '0.0.0.0'])
    expect(server.output()).toContain('the keys of https://login.example.com')
    expect(await (await fetch(`${server.url}/channels/chat/a`)).text()).toContain('unauthenticated')
  })
})

/** Runs the lines of a shell as somebody would in two terminals, with a port of its own, and gives what the second one shows. */
async function typeIn(lines: readonly string[]): Promise<string> {
  const cwd = temporaryDirectory()
  const port = await freePort()
  const env = { GAMUT_URL: `http://127.0.0.1:${port}` }
  const command = `'${process.execPath}' '${root}packages/cli/bin/gamut.js'`
  const adapted = lines.map((line) =>
    line.replaceAll('npx gamut', command).replaceAll('localhost:8080', `127.0.0.1:${port}`),
  )
  const serving = adapted.findIndex((line) => line.includes(`${command} serve`))
  const shell = (script: string) => startProcess({ command: 'sh', args: ['-ec', script], cwd, env })
  const first = shell(adapted.slice(0, serving).join('\n'))
  expect(await first.exited).toMatchObject({ code: 0 })
  const [serve = ''] = (adapted[serving] ?? '').split(' #')
  const server = shell(`exec ${serve.replace(' serve', ` serve --port ${port}`)}`)
  await server.waitFor((output) => output.includes('listens on'))
  const second = shell(adapted.slice(serving + 1).join('\n'))
  expect(await second.exited).toMatchObject({ code: 0 })
  return second.output()
}

describe('what is to be typed', () => {
  test('in the guide works (§12)', async () => {
    const shown = await typeIn(blocks(guide, 'sh').slice(0, 2).join('').split('\n'))
    expect(shown).toContain('{"text":"hi"}')
    expect(shown).toContain('"code":"forbidden"')
  })

  test('in the README works (§12)', async () => {
    const shown = await typeIn((blocks(readme, 'sh')[0] ?? '').split('\n'))
    expect(shown).toContain('{"text":"hi"}')
    expect(shown).toContain('"code":"unauthenticated"')
  })

  test('for revoking is done by the server (§12)', async () => {
    const server = await startGamut()
    const lines = (blocks(guide, 'sh')[3] ?? '').replaceAll('localhost:8080', server.url)
    const shell = startProcess({ command: 'sh', args: ['-ec', lines] })
    expect(await shell.exited).toMatchObject({ code: 0 })
    expect(shell.output().match(/\{"forMs":\d+\}/g)).toHaveLength(3)
  })

  test('for an API key prints what to configure (§12)', async () => {
    const line = (blocks(guide, 'sh')[2] ?? '').replace(
      'npx gamut',
      `'${process.execPath}' '${root}packages/cli/bin/gamut.js'`,
    )
    const cwd = temporaryDirectory()
    const shell = startProcess({ command: 'sh', args: ['-ec', line], cwd })
    expect(await shell.exited).toMatchObject({ code: 0 })
    expect(shell.output()).toMatch(/\{"shop":\{"hash":"sha256:[0-9a-f]{64}","publish":\["orders\/\*"\]\}\}/)
    expect(readFileSync(`${cwd}/shop.key`, 'utf8')).toMatch(/^gk_[\w-]{43}\n$/)
  })
})
