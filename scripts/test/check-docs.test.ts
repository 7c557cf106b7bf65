import { describe, expect, it } from 'vitest'
import { checkDocs } from '../check-docs.mjs'
import { plantTree } from './tree.js'

const check = (text: string) => checkDocs(plantTree({ 'packages/a/src/a.ts': text }))

describe('docstrings', () => {
  it.each([
    'export function f() {}',
    'export const f = 1',
    'export class f {}',
    'export interface f {}',
    'export type f = 1',
    'const f = 1\nexport { f }',
    '// A remark is none.\nexport const f = 1',
    '/** */\nexport const f = 1',
    '/** Of something else. */\nconst a = 1\nexport const f = a',
  ])('names the export without one in %j', (text) => {
    expect(check(text)).toEqual([expect.stringMatching(/^packages\/a\/src\/a\.ts:\d+: f has no docstring$/)])
  })

  it.each([
    '/** Says what it is for. */\nexport function f() {}',
    '/** Says it once. */\nexport function f(a: 1): 1\nexport function f(a: 2): 2\nexport function f(a: any) { return a }',
    '/** Says what it is for. */\n// biome-ignore lint/a/b: a reason\nexport const f = 1',
    '/** Says what it is for. */\nconst f = 1\nexport { f }',
    "export { f } from './f.js'",
    'const f = 1',
  ])('is content with %j', (text) => {
    expect(check(text)).toEqual([])
  })
})
