import { readFileSync } from 'node:fs'
import * as client from '@gamut/client'
import * as tabs from '@gamut/client/tabs'
import { expect, it, onTestFinished } from 'vitest'
import { blocks } from './support/snippet.js'
import { startServer } from './support/start-server.js'
import { until } from './support/until.js'

const guide = readFileSync(new URL('../docs/guide/tabs.md', import.meta.url), 'utf8')
const [first = ''] = blocks(guide, 'js').map((text) =>
  text.replaceAll(/^import \{ (.*) \} from .*$/gm, 'const { $1 } = modules'),
)

it('the first lines of the guide to tabs, run twice, read by one connection', async () => {
  const { gamut: server, url } = await startServer()
  await server.publish('chat/general', 'hello')
  const open = () => {
    const shown: unknown[] = []
    const given = { modules: { ...client, ...tabs }, url, show: (what: unknown) => shown.push(what) }
    const run = new Function(...Object.keys(given), `${first}\nreturn { gamut, tabs }`)
    const made = run(...Object.values(given)) as { gamut: client.Gamut; tabs: tabs.Tabs }
    onTestFinished(() => made.gamut.close())
    return { ...made, shown }
  }
  const all = [open(), open()]
  await until(() => all.every(({ shown }) => shown.includes('hello')))
  // Node 20 has no Web Locks: there each has its own.
  const roles = globalThis.navigator?.locks ? ['follower', 'leader'] : ['alone', 'alone']
  await until(() => `${all.map((one) => one.tabs.status.role).sort()}` === `${roles}`)
  await server.publish('chat/general', 'again')
  await until(() => all.every(({ shown }) => shown.includes('again')))
  const told = all.map(({ shown }) => shown.filter((what) => !/: /.test(`${what}`)))
  expect(told).toEqual([
    ['hello', 'again'],
    ['hello', 'again'],
  ])
})
