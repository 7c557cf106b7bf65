import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  isJsonObject,
  parseClientFrame,
  parseJson,
  parseNewMessage,
  rawItems,
  rawMembers,
  toOneLine,
} from '../src/index.js'
import { anyText, jsonText } from './json-texts.js'

const oneLine = jsonText.map((text) => text.replace(/[\r\n]/g, ' ').trim())

describe('raw JSON', () => {
  test('splits any list into texts that stand for the same values (I12)', () => {
    fc.assert(
      fc.property(fc.array(jsonText), (items) => {
        const list = `[${items.join(' , ')}]`
        expect(rawItems(list)).toEqual(items.map((item) => item.trim()))
        expect(rawItems(list).map((item) => JSON.parse(item))).toEqual(JSON.parse(list))
      }),
    )
  })

  test('splits any object into texts that stand for the same values, the last of equal names (I12)', () => {
    fc.assert(
      fc.property(
        jsonText.filter((text) => isJsonObject(parseJson(text))),
        (object) => {
          const values: object = JSON.parse(object)
          const members = rawMembers(object)
          expect([...members.keys()].sort()).toEqual(Object.keys(values).sort())
          for (const [name, raw] of members) {
            expect(object).toContain(raw)
            expect(JSON.parse(raw)).toEqual(Object.getOwnPropertyDescriptor(values, name)?.value)
          }
        },
      ),
    )
  })

  test('takes the last of equal names, and names that objects have by themselves for names (I12)', () => {
    const object = '{"a":1, "__proto__" : 2.0, "a":[3 ], "constructor":{"a":4}, "\\u0061":1e400}'
    expect([...rawMembers(object)]).toEqual([
      ['a', '1e400'],
      ['__proto__', '2.0'],
      ['constructor', '{"a":4}'],
    ])
  })

  test('has nothing inside of an empty list or object, whatever the white space (§3)', () => {
    expect(rawItems(' [ \n] ')).toEqual([])
    expect(rawMembers('\t{ \r\n}').size).toBe(0)
  })

  test('is put on one line without a change of its value (§3)', () => {
    fc.assert(
      fc.property(jsonText, (text) => {
        expect(toOneLine(text)).not.toMatch(/[\r\n]/)
        expect(toOneLine(text)).toHaveLength(text.length)
        expect(JSON.parse(toOneLine(text))).toEqual(JSON.parse(text))
      }),
    )
  })

  test('goes through a publish byte for byte, but for line breaks between tokens (I12)', () => {
    fc.assert(
      fc.property(oneLine, anyText, (data, noise) => {
        const text = `{"type":"publish","noise":${JSON.stringify(noise)},"data": ${data} ,"channel":"a"}`
        expect(parseClientFrame(text)).toEqual({
          ok: true,
          frame: { type: 'publish', channel: 'a', message: { data } },
        })
      }),
    )
  })

  test('goes through a line byte for byte, whatever stands before and after it (I12)', () => {
    fc.assert(
      fc.property(oneLine, jsonText, jsonText, (data, before, after) => {
        const line = `{"before":${before},"data":${data},"after":${after}}`
        expect(parseNewMessage(line, JSON.parse(line))).toEqual({ ok: true, value: { data } })
      }),
    )
  })
})
