import { type } from 'arktype'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { readData, type StandardSchema } from '../src/index.js'

/** The same schema by each library: version 2 of a message, whose `at` was a number once. */
const libraries: readonly [string, StandardSchema][] = [
  ['zod', z.object({ v: z.literal(2), at: z.string().transform(Number) })],
  ['valibot', v.object({ v: v.literal(2), at: v.pipe(v.string(), v.transform(Number)) })],
  ['arktype', type({ v: '2', at: type('string').pipe(Number) })],
  ['an asynchronous zod', z.object({ v: z.literal(2), at: z.string().transform(async (at) => Number(at)) })],
]

const upcast = (data: unknown, from: number) => {
  const { at } = data as { at: number }
  return { v: 2, at: at.toFixed(0) + from }
}

describe.each(libraries)('data read by %s (§2)', (_, schema) => {
  const definition = { schema, version: 2, upcast }

  it('is what the schema makes of it', async () => {
    expect(await readData(definition, { v: 2, at: '17' })).toEqual({ data: { v: 2, at: 17 } })
  })

  it('is upcast first where it is older, and of version 0 where it says none', async () => {
    expect(await readData(definition, { v: 1, at: 5 })).toEqual({ data: { v: 2, at: 51 } })
    expect(await readData(definition, { at: 5 })).toEqual({ data: { v: 2, at: 50 } })
    expect(await readData(definition, { v: 'x', at: 5 })).toEqual({ data: { v: 2, at: 50 } })
  })

  it('does not fit where it is newer, whatever the schema says', async () => {
    expect(await readData({ ...definition, version: 1 }, { v: 2, at: '17' })).toEqual({
      issues: [{ message: 'v 2 is newer than 1', path: ['v'] }],
    })
  })

  it.each([[null], ['text'], [{ v: 1 }], [[]]])('does not fit where upcast throws: %j', async (data) => {
    const { issues } = await readData(definition, data)
    expect(issues).toEqual([{ message: expect.stringMatching(/^upcast from v [01]: TypeError/) }])
  })

  it('does not fit where the schema says so, by its path', async () => {
    const { issues = [] } = await readData(definition, { v: 2, at: 17 })
    expect(
      issues.map(({ path = [] }) => [...path].map((part) => (typeof part === 'object' ? part.key : part))),
    ).toEqual([['at']])
    expect(issues[0]?.message).toMatch(/string/)
  })
})

describe('data read by a definition (§2)', () => {
  it('is as it is without a schema, upcast too', () => {
    expect(readData({}, { v: 7 })).toEqual({ data: { v: 7 } })
    expect(readData({ version: 3, upcast: (_, from) => from }, { v: 2 })).toEqual({ data: 2 })
    expect(readData({ version: 3 }, { v: 2 })).toEqual({ data: { v: 2 } })
  })

  it('is there at once unless the schema takes its time', () => {
    expect(readData({ schema: z.string() }, 'x')).toEqual({ data: 'x' })
    expect(readData({ schema: z.string().refine(async () => true) }, 'x')).toBeInstanceOf(Promise)
  })
})
