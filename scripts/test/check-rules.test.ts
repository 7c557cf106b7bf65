import { describe, expect, it } from 'vitest'
import { checkRules } from '../check-rules.mjs'
import { plantTree } from './tree.js'

const core = 'packages/server/src/core/a.ts'
const library = 'packages/protocol/src/a.ts'

describe('rules of writing', () => {
  it.each([
    ['the console in a library', library, "const f = () => console.log('x')"],
    ['the clock in core', core, 'const f = () => Date.now()'],
    ['the clock in core by another way', core, 'const f = () => new Date()'],
    ['chance in core', core, 'const f = () => Math.random()'],
    ['chance in core by another way', core, 'const f = () => crypto.randomUUID()'],
    ['a timer in core', core, 'const f = () => setTimeout(f, 1)'],
    ['a timer in core by its global', core, 'const f = () => globalThis.setTimeout(f, 1)'],
    ['a timer in a broker', 'packages/server/src/broker/a.ts', 'const f = () => setInterval(f, 1)'],
    ['a remark of what is to do', 'scripts/a.mjs', ['// TO', 'DO: later'].join('')],
    ['a remark of what is to mend', 'e2e/a.ts', ['/* FIX', 'ME */'].join('')],
    ['a skipped test', 'e2e/a.test.ts', "it.skip('x', () => {})"],
    ['a test that runs alone', 'packages/a/test/a.test.ts', "describe.only('x', () => {})"],
    ['a test that is none', 'packages/a/test/a.test.ts', "test.todo('x')"],
    ['export *', library, "export * from './b.js'"],
    ['work at import', library, 'start()'],
    ['a class of another file that is extended', library, "import { B } from './b.js'\nclass A extends B {}"],
    ['a name that names nothing', library, 'class ConnectionManager {}'],
    ['a file whose name names nothing', 'packages/protocol/src/session.ts', 'const a = 1'],
    ['a file for everything', 'packages/protocol/src/utils.ts', 'const a = 1'],
    ['a file in camel case', 'packages/protocol/src/rawJson.ts', 'const a = 1'],
  ])('name %s', (_, path, text) => {
    expect(checkRules(plantTree({ [path]: text }))).toEqual([expect.stringContaining(`${path}:`)])
  })

  it.each([
    ['the console in the command', 'packages/cli/src/a.ts', "const f = () => console.log('x')"],
    ['a clock that is given', core, 'const f = (clock) => clock.after(1, () => clock.now())'],
    ['a time that is given', core, 'const f = (time) => new Date(time)'],
    ['a skip that a suite is told', 'packages/testing/src/suites/a.ts', "const f = () => it.skip('x')"],
    ['chance in a broker', 'packages/server/src/broker/a.ts', 'const f = () => crypto.randomUUID()'],
    ['a skip that depends', 'e2e/a.test.ts', "it.skipIf(true)('x', () => {})"],
    ['an error of its own', library, 'class A extends Error {}'],
  ])('let %s be', (_, path, text) => {
    expect(checkRules(plantTree({ [path]: text }))).toEqual([])
  })

  it("name a registry's address in the lock file", () => {
    const lock = (resolved: string) => plantTree({ 'package-lock.json': `{\n  "resolved": "${resolved}"\n}` })
    expect(checkRules(lock('http' + '://x/y.tgz'))).toEqual([
      expect.stringContaining('package-lock.json:2: '),
    ])
    expect(checkRules(lock('packages/server'))).toEqual([])
  })
})
