import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Gamut as Client } from '@gamut/client'
import type { Gamut } from '@gamut/server'
import { serve } from '@gamut/server/node'
import { transformSync } from 'esbuild'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { blocks, temporaryDirectory } from './support/snippet.js'
import { startProcess } from './support/start-process.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const guide = readFileSync(`${root}docs/guide/typed-channels.md`, 'utf8')
const [define = '', server = '', page = '', versions = '', valibot = '', arktype = ''] = blocks(guide, 'ts')

/** A folder with the files of the guide, which import each other. */
function write(files: Readonly<Record<string, string>>): string {
  const directory = temporaryDirectory()
  writeFileSync(`${directory}/package.json`, '{"type":"module"}')
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(`${directory}/${name}.ts`, text)
    writeFileSync(`${directory}/${name}.js`, transformSync(text, { loader: 'ts', format: 'esm' }).code)
  }
  return directory
}

/** What the compiler says of them, as strict as it gets. */
async function compile(files: Readonly<Record<string, string>>): Promise<string> {
  const flags = ['--ignoreConfig', '--noEmit', '--strict', '--exactOptionalPropertyTypes', '--skipLibCheck']
  const target = ['--module', 'nodenext', '--target', 'es2023', '--types', 'node']
  const names = Object.keys(files).map((name) => `${name}.ts`)
  const compiler = startProcess({
    command: `${root}node_modules/.bin/tsc`,
    args: [...flags, ...target, ...names],
    cwd: write(files),
  })
  await compiler.exited
  return compiler.output()
}

const load = (directory: string, name: string): Promise<unknown> =>
  import(pathToFileURL(`${directory}/${name}.js`).href)

/** Serves what a folder's server exports, and opens its page there. */
async function open(files: Readonly<Record<string, string>>) {
  const directory = write(files)
  const { gamut } = (await load(directory, 'server')) as { gamut: Gamut }
  onTestFinished(() => gamut.stop())
  const served = await serve(gamut, { port: 0 })
  onTestFinished(() => served.close())
  const text = (files['page'] ?? '').replace('http://localhost:8080', `http://127.0.0.1:${served.port}`)
  const { client, lines } = (await load(write({ ...files, page: text }), 'page')) as {
    client: Client
    lines: string[]
  }
  onTestFinished(() => client.close())
  return { gamut, client, lines }
}

const year = new Date().getFullYear()

describe('the guide to types', () => {
  test('compiles, and what does not fit does not', async () => {
    const wrong = [
      '// @ts-expect-error no text',
      'await chat.publish({ text: 1, at: "" })',
      '// @ts-expect-error no time',
      'await chat.publish({ text: "a" })',
      'chat.subscribe(({ data }) => {',
      '  // @ts-expect-error no text',
      '  data.at.trim()',
      '})',
    ].join('\n')
    expect(await compile({ channels: define, server, page: page + wrong })).toBe('')
    const load = server.replace('orders: await', 'order: await')
    expect(await compile({ channels: define, server: load })).toContain("Property 'orders' is missing")
  })

  test('serves, publishes and reads (§2)', async () => {
    const { gamut, client, lines } = await open({ channels: define, server, page })
    await vi.waitFor(() => expect(lines).toEqual([`${year}: hello`, `${year}: hi`]))
    await expect(gamut.publish('chat/general', 'text')).rejects.toMatchObject({ code: 'schema_mismatch' })
    const report: unknown[] = []
    client.channel('report/abc').subscribe(({ data }) => report.push(data))
    await vi.waitFor(() => expect(report).toEqual([{ orders: 3 }]))
  })

  test('reads what is old by its versions (§2)', async () => {
    expect(await compile({ channels: versions })).toBe('')
    const old = upTo('await gamut', server).replace('...channels,', '')
    const { gamut, lines } = await open({ channels: define, server: old, page: readsVersions() })
    for (const data of [
      { text: 'zero' },
      { v: 1, text: 'one', at: 0 },
      { v: 2, text: 'two', at: iso(1971) },
      { v: 3 },
    ])
      await gamut.publish('chat/general', data)
    await vi.waitFor(() =>
      expect(lines).toEqual(['1970: zero', '1970: one', '1971: two', 'left out 4: v 3 is newer than 2']),
    )
  })

  test.each([
    ['valibot', valibot],
    ['arktype', arktype],
  ])('takes %s', async (_, text) => {
    const use =
      'import { createGamut } from "@gamut/server"\nexport const gamut = createGamut({ channels })\n'
    const wrong =
      '// @ts-expect-error no text\nexport const no = () => gamut.publish("chat/a", { text: 1 })\n'
    expect(await compile({ channels: text + use + wrong })).toBe('')
    const { gamut } = (await load(write({ channels: text + use }), 'channels')) as { gamut: Gamut }
    onTestFinished(() => gamut.stop())
    await gamut.publish('chat/a', { text: 'a' })
    await expect(gamut.publish('chat/a', { text: 'a'.repeat(501) })).rejects.toMatchObject({
      code: 'schema_mismatch',
    })
  })
})

const upTo = (word: string, text: string) => text.slice(0, text.indexOf(word))
const iso = (year: number) => new Date(Date.UTC(year, 6)).toISOString()

/** The page of the guide with the definitions of its part on versions; it publishes nothing. */
function readsVersions(): string {
  const own = versions.replace('export const channels', 'const channels')
  return own + upTo('await chat', page).replace(/import \{ channels \}.*\n/, '')
}
