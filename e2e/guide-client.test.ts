import { readFileSync } from 'node:fs'
import * as client from '@gamut/client'
import * as core from '@gamut/client/core'
import { expect, it, onTestFinished } from 'vitest'
import { blocks } from './support/snippet.js'
import { startServer } from './support/start-server.js'
import { until } from './support/until.js'

const guide = readFileSync(new URL('../docs/guide/client.md', import.meta.url), 'utf8')
const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const asModule = (text: string) => text.replace(/^import \{ (.*) \} from .*$/m, 'const { $1 } = modules')
const [inPage = ''] = blocks(readme.split('## Read it in the page')[1] ?? '', 'js').map(asModule)
const [first = '', board = '', loop = '', tokens = '', small = ''] = blocks(guide, 'js').map(asModule)

/** Runs snippets one after the other, with what they take as given, and gives the names that are asked for. */
function run(code: string, given: Readonly<Record<string, unknown>>, names: string): Promise<never> {
  const body = `return (async () => { ${code}\n return { ${names} } })()`
  return new Function(...Object.keys(given), body)(...Object.values(given)) as Promise<never>
}

it('the first lines of the guide to the client say what is published', async () => {
  const { url } = await startServer()
  const shown: unknown[] = []
  const show = (what: unknown) => shown.push(what)
  const { gamut } = (await run(first, { modules: client, url, show }, 'gamut')) as { gamut: client.Gamut }
  onTestFinished(() => gamut.close())
  await until(() => shown.length === 1)
  expect(shown).toEqual([{ text: 'hello' }])
  expect(gamut.status.state).toBe('live')
})

it('the lines of the README for a page say what is published, and what the client does', async () => {
  const { url } = await startServer({ basePath: '/realtime' })
  const shown: unknown[] = []
  const show = (what: unknown) => shown.push(what)
  // A page's own origin is understood in pages alone.
  const code = inPage.replace("'/realtime'", `'${url}/realtime'`)
  const { gamut } = (await run(code, { modules: client, show }, 'gamut')) as { gamut: client.Gamut }
  onTestFinished(() => gamut.close())
  await until(() => shown.includes('hello'))
  expect(shown.filter((text) => text === 'hello')).toHaveLength(1)
  expect(shown).toContain('live sse')
})

it('its board has what the channel has, deletions too (§5)', async () => {
  const { gamut: server, url } = await startServer({ channels: { 'board/:id': { keyed: true } } })
  await server.publish('board/1', 1, { key: 'a' })
  await server.publish('board/1', 2, { key: 'b' })
  const gamut = client.connect(url)
  onTestFinished(() => gamut.close())
  const made = (await run(board, { gamut }, 'board')) as { board: Map<string, unknown> }
  await until(() => made.board.size === 2)
  await gamut.channel('board/1').remove('a')
  await until(() => made.board.size === 1)
  expect([...made.board]).toEqual([['b', 2]])
})

it('its loop ends with the channel', async () => {
  const { gamut: server, url } = await startServer()
  for (const part of ['one', 'two']) await server.publish('job/7', part)
  await server.close('job/7')
  const gamut = client.connect(url)
  onTestFinished(() => gamut.close())
  const shown: unknown[] = []
  await run(loop, { gamut, show: (what: unknown) => shown.push(what) }, '')
  expect(shown).toEqual(['one', 'two'])
})

it('its token is asked for once while it is good (§12)', async () => {
  const authenticate = ({ headers }: Request) =>
    headers.get('authorization') === 'Bearer good' ? { id: 'ada' } : null
  const { url } = await startServer({ authenticate, authorize: (identity) => identity !== null })
  let asked = 0
  const fetchToken = async () => {
    asked += 1
    return Response.json({ token: 'good', expiresAt: Date.now() + 3600_000 })
  }
  const given = { connect: client.connect, url, fetch: fetchToken }
  const { gamut } = (await run(tokens, given, 'gamut')) as { gamut: client.Gamut }
  onTestFinished(() => gamut.close())
  gamut.channel('a').subscribe(() => {})
  await gamut.channel('a').publish(1)
  await until(() => gamut.status.state === 'live')
  expect(asked).toBeLessThan(4)
})

it('its small client reads by polls', async () => {
  const { gamut: server, url } = await startServer()
  await server.publish('chat/general', 'there')
  const shown: unknown[] = []
  const show = (what: unknown) => shown.push(what)
  const { reader } = (await run(small, { modules: core, url, show }, 'reader')) as { reader: core.Reader }
  onTestFinished(() => reader.close())
  await until(() => shown.length === 1)
  expect(shown).toEqual(['there'])
})
