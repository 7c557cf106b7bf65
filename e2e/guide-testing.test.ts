import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { blocks, temporaryDirectory } from './support/snippet.js'
import { startProcess } from './support/start-process.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const guide = readFileSync(`${root}docs/guide/testing.md`, 'utf8')

test('the tests of the guide pass as they stand there', async () => {
  const directory = temporaryDirectory()
  for (const text of [...blocks(guide, 'tsx'), ...blocks(guide, 'ts')]) {
    const [, name = ''] = /^\/\/ (\S+)\n/.exec(text) ?? []
    writeFileSync(`${directory}/${name}`, text)
  }
  const run = startProcess({
    command: process.execPath,
    args: [`${root}node_modules/vitest/vitest.mjs`, 'run', '--root', directory],
    cwd: directory,
    env: { NO_COLOR: '1' },
  })
  await run.exited
  expect(run.output()).toMatch(/Tests {2}4 passed \(4\)/)
})
