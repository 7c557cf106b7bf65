import { describe, expect, it } from 'vitest'
import { checkBoundaries } from '../check-boundaries.mjs'
import { plantTree } from './tree.js'

const server = 'packages/server/src'

/** A tree of one file with one import; the imported files are there too. */
function importing(from: string, specifier: string, to?: string): string {
  return plantTree({
    'packages/server/package.json': '{ "name": "@gamut/server", "exports": { ".": "", "./node": "" } }',
    'packages/protocol/package.json': '{ "name": "@gamut/protocol", "exports": { ".": "" } }',
    [from]: `import type { A } from '${specifier}'\n`,
    ...(to ? { [to]: 'export type A = 1\n' } : {}),
  })
}

describe('boundaries', () => {
  it.each([
    ['protocol imports a package', 'packages/protocol/src/a.ts', 'ws', undefined],
    ['protocol imports Node', 'packages/protocol/src/a.ts', 'node:fs', undefined],
    ['the server imports ws outside of node/', `${server}/core/a.ts`, 'ws', undefined],
    ['the server imports Node outside of node/', `${server}/server.ts`, 'node:http', undefined],
    [
      'core knows a transport',
      `${server}/core/a.ts`,
      '../transports/poll.js',
      `${server}/transports/poll.ts`,
    ],
    ['a transport knows http', `${server}/transports/a.ts`, '../http/read.js', `${server}/http/read.ts`],
    [
      'core knows the memory broker',
      `${server}/core/a.ts`,
      '../broker/memory.js',
      `${server}/broker/memory.ts`,
    ],
    ['the contract knows core', `${server}/broker/broker.ts`, '../core/a.js', `${server}/core/a.ts`],
    ['a leaf knows core', `${server}/options.ts`, './core/a.js', `${server}/core/a.ts`],
    ['telemetry knows core', `${server}/telemetry/a.ts`, '../core/a.js', `${server}/core/a.ts`],
    ['something knows node/', `${server}/server.ts`, './node/serve.js', `${server}/node/serve.ts`],
    ['a folder that nobody has placed', `${server}/extra/a.ts`, '../clock.js', `${server}/clock.ts`],
    ['a package reaches into another', 'packages/cli/src/a.ts', '../../server/src/a.js', `${server}/a.ts`],
    [
      'an example reaches into a package',
      'examples/x/a.ts',
      '../../packages/server/src/a.js',
      `${server}/a.ts`,
    ],
    ['a source imports a test', `${server}/a.ts`, '../test/b.js', 'packages/server/test/b.ts'],
    ['the command uses what is not published', 'packages/cli/src/a.ts', '@gamut/server/core', undefined],
    ['an example uses what is not published', 'examples/x/a.ts', '@gamut/server/core', undefined],
  ])('names it when %s', (_, from, specifier, to) => {
    const [first = '', ...more] = checkBoundaries(importing(from, specifier, to))
    expect(first).toContain(`${from}:1: must not import '${specifier}': `)
    expect(more).toEqual([])
  })

  it.each([
    [`${server}/server.ts`, './http/routes.js', `${server}/http/routes.ts`],
    [`${server}/server.ts`, './broker/memory.js', `${server}/broker/memory.ts`],
    [`${server}/http/read.ts`, '../transports/poll.js', `${server}/transports/poll.ts`],
    [`${server}/core/hub.ts`, '../broker/broker.js', `${server}/broker/broker.ts`],
    [`${server}/core/hub.ts`, '@noble/hashes/sha2.js', undefined],
    [`${server}/node/serve.ts`, 'ws', undefined],
    [`${server}/node/serve.ts`, '../server.js', `${server}/server.ts`],
    ['packages/server/test/a.test.ts', '../src/core/hub.js', `${server}/core/hub.ts`],
    ['packages/cli/src/a.ts', '@gamut/server/node', undefined],
  ])('lets %s import %s', (from, specifier, to) => {
    expect(checkBoundaries(importing(from, specifier, to))).toEqual([])
  })

  it('sees every form of import', () => {
    const text = [
      "export { a } from 'ws'",
      "export * from 'ws'",
      "const b = () => import('ws')",
      "type C = import('ws').C",
      "import 'ws'",
    ]
    const found = checkBoundaries(plantTree({ 'packages/protocol/src/a.ts': text.join('\n') }))
    expect(found.map((line) => line.split(': ')[0])).toEqual(
      text.map((_, index) => `packages/protocol/src/a.ts:${index + 1}`),
    )
  })

  it('names a cycle, type imports included, and a file that imports itself', () => {
    const root = plantTree({
      'e2e/a.ts': "import type { B } from './b.js'\nexport type A = B",
      'e2e/b.ts': "import { c } from './c.js'\nexport type B = typeof c",
      'e2e/c.ts': "import type { A } from './a.js'\nexport const c: A = 1",
      'e2e/d.ts': "import './a.js'\nimport './d.js'",
    })
    expect(checkBoundaries(root)).toEqual([
      'a cycle: e2e/a.ts <-> e2e/b.ts <-> e2e/c.ts',
      'e2e/d.ts: imports itself',
    ])
  })
})
