import { describe, expect, it } from 'vitest'
import { checkSizes } from '../check-sizes.mjs'
import { plantTree } from './tree.js'

const lines = (count: number) => 'f()\n'.repeat(count)

describe('sizes', () => {
  it('lets 400 lines be and names a file of more', () => {
    const root = plantTree({ 'packages/a/src/fits.ts': lines(400), 'packages/a/src/long.css': lines(401) })
    expect(checkSizes(root, {})).toEqual(['packages/a/src/long.css: 401 lines, 400 are allowed'])
  })

  it.each([
    ['a function', `function long() {\n${lines(49)}}`, 'long'],
    ['an arrow function', `const long = () => {\n${lines(49)}}`, 'long'],
    ['a method', `class A { long() {\n${lines(49)}} }`, 'long'],
    ['a private method', `class A { #long() {\n${lines(49)}} }`, 'long'],
    ['a callback', `call(() => {\n${lines(49)}})`, 'a function'],
  ])('names %s of more than 50 lines', (_, text, name) => {
    const found = checkSizes(plantTree({ 'scripts/a.ts': text }), {})
    expect(found).toEqual([`scripts/a.ts:1: ${name} has 51 lines, 50 are allowed`])
    expect(checkSizes(plantTree({ 'scripts/a.ts': text.replace('f()\n', '') }), {})).toEqual([])
  })

  it('counts only the lines outside of inner functions in a suite', () => {
    const text = (count: number) =>
      `describe('a', () => {\nit('b', () => {\n${lines(count)}})\nit('c', () => {\n${lines(30)}})\n})`
    expect(checkSizes(plantTree({ 'e2e/a.test.ts': text(30) }), {})).toEqual([])
    expect(checkSizes(plantTree({ 'e2e/a.test.ts': text(60) }), {})).toHaveLength(1)
    expect(checkSizes(plantTree({ 'e2e/a.ts': text(30) }), {})).toHaveLength(1)
  })

  it('knows exceptions by name, and names those that nothing needs', () => {
    const root = plantTree({ 'scripts/a.ts': `function long() {\n${lines(60)}}` })
    expect(checkSizes(root, { 'scripts/a.ts#long': 'a table' })).toEqual([])
    expect(checkSizes(root, { 'scripts/a.ts#long': 'a table', 'scripts/b.ts': 'was long' })).toEqual([
      'scripts/b.ts: needs no exception any more',
    ])
  })
})
