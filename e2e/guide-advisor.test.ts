import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { advise } from '@gamut/advisor'
import { expect, test } from 'vitest'
import { blocks, temporaryDirectory } from './support/snippet.js'

const page = readFileSync(new URL('../docs/guide/advisor.md', import.meta.url), 'utf8')
const command = fileURLToPath(new URL('../packages/cli/bin/gamut.js', import.meta.url))
const lines = blocks(page, 'sh').flatMap((block) => block.trim().split('\n'))

/** Runs a line of the guide in a shell. */
const run = (line: string) =>
  promisify(execFile)('sh', ['-c', `gamut() { '${process.execPath}' '${command}' "$@"; }\n${line}`])

test.each(lines.filter((line) => / --/.test(line)))(
  'the guide to the advisor has a line that works: %s',
  async (line) => {
    const { stdout, stderr } = await run(line)
    expect(stderr).toBe('')
    expect(stdout).toMatch(/^\{"pattern":|is the simplest that meets the need|carries both ways/)
  },
)

test.each([
  ['advisor', 'gamut advise --updates 5'],
  ['planning', 'gamut plan --users 50k'],
])('the guide to %s shows what is answered', async (name, begins) => {
  const guide = readFileSync(new URL(`../docs/guide/${name}.md`, import.meta.url), 'utf8')
  const asked = blocks(guide, 'sh').flatMap((block) => block.trim().split('\n'))
  const [, shown = ''] = /^```\n\n```\n(.*?)^```/ms.exec(guide) ?? []
  const { stdout } = await run(asked.find((line) => line.startsWith(begins)) ?? '')
  const parts = shown.split(/^…\n/m)
  expect(parts.length).toBeGreaterThan(1)
  for (const part of parts) expect(stdout).toContain(part)
})

test('the guide to the advisor asks by a function as it is (§1)', async () => {
  const file = `${temporaryDirectory()}/snippet.mjs`
  writeFileSync(file, `${blocks(page, 'js')[0]}\nexport { pattern, settings, breakEven }`)
  const { pattern, settings } = await import(pathToFileURL(file).href)
  const need = { updatesPerSecond: 5, stalenessMs: 500, readers: 10_000 }
  expect({ pattern, settings }).toMatchObject({ pattern: 'sse', settings: advise(need).settings })
})
