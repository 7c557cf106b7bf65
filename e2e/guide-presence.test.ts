import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { serve } from '@gamut/server/node'
import { expect, onTestFinished, test } from 'vitest'
import { blocks, loadSnippet } from './support/snippet.js'

const guide = readFileSync(fileURLToPath(new URL('../docs/guide/presence.md', import.meta.url)), 'utf8')
const [server = ''] = blocks(guide, 'js')
const [commands = ''] = blocks(guide, 'sh')

test('the server of the guide to presence shows who comes by its commands, and no guests (§11)', async () => {
  const gamut = await loadSnippet(server)
  const served = await serve(gamut, { port: 0 })
  onTestFinished(() => served.close())
  const run = (line: string) => {
    const [, token = 'guest'] = /Bearer (\w+)/.exec(line) ?? []
    const [, url = ''] = /'(http:[^ ]+)'$/.exec(line) ?? []
    return fetch(url.replace('8080', `${served.port}`), { headers: { authorization: `Bearer ${token}` } })
  }
  const [say = '', look = ''] = commands.trim().split('\n')
  expect((await run(say)).status).toBe(200)
  const { messages } = (await (await run(look)).json()) as { messages: object[] }
  expect(messages).toMatchObject([{ key: 'ann/terminal', data: 'here' }])
  expect((await run(say.replace('ann', 'guest'))).status).toBe(403)
  expect(await gamut.presence('chat/general')).toEqual([
    { identity: 'ann', device: 'terminal', state: 'here' },
  ])
})
