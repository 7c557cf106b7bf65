import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Gamut } from '@gamut/server'
import { onTestFinished } from 'vitest'

const cache = fileURLToPath(new URL('../../node_modules/.cache/', import.meta.url))

/** The fenced blocks of one language in a page of the docs, in order. */
export function blocks(text: string, language: string): readonly string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map(
    ([, block = '']) => block,
  )
}

/** A directory from which modules find ours, until the test ends. */
export function temporaryDirectory(): string {
  mkdirSync(cache, { recursive: true })
  const directory = mkdtempSync(`${cache}gamut-guide-`)
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

/** The server that a snippet exports as `gamut`; it ends with the test. */
export async function loadSnippet(snippet: string): Promise<Gamut> {
  const file = `${temporaryDirectory()}/snippet.mjs`
  writeFileSync(file, snippet)
  const { gamut } = (await import(pathToFileURL(file).href)) as { gamut: Gamut }
  onTestFinished(() => gamut.stop())
  return gamut
}
