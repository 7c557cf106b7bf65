import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { blocks, loadSnippet } from './support/snippet.js'

const page = readFileSync(new URL('../docs/operate/README.md', import.meta.url), 'utf8')

test('a server that is embedded has metrics as the docs show (§14)', async () => {
  const gamut = await loadSnippet(blocks(page, 'js')[0] ?? '')
  await gamut.publish('a', 1)
  const { text } = await gamut.scrape()
  const lines = text.trimEnd().split('\n')
  expect(lines).toContain('gamut_published_total{} 1')
  expect(lines.filter((line) => !/^gamut_\w+\{(?:\w+="[^"]*",?)*\} [\d.e+-]+$/.test(line))).toEqual([])
})
