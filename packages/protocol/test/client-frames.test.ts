import { describe, expect, test } from 'vitest'
import { type ClientFrame, type ErrorCode, parseClientFrame, type Ref } from '../src/index.js'
import { readFixture } from './read-fixture.js'

const { accepted, refused } = readFixture<{
  readonly accepted: readonly { title: string; text: string; frame: ClientFrame }[]
  readonly refused: readonly {
    title: string
    text: string
    code: ErrorCode
    malformed: boolean
    ref?: Ref
  }[]
}>('client-frames')

describe("a client's frame", () => {
  test.each(accepted)('$title (§7)', ({ text, frame }) => {
    expect(parseClientFrame(text)).toEqual({ ok: true, frame })
  })

  test.each(refused)('is refused with $code for $title (§7, §13)', ({ text, code, malformed, ...named }) => {
    const { title: _, ...ref } = named
    const answer = parseClientFrame(text)
    expect(answer).toEqual({ ok: false, code, malformed, message: expect.any(String), ...ref })
  })

  test.each(accepted)('is refused wherever it is cut, where it $title (§7)', ({ text }) => {
    const whole = text.trimEnd()
    for (let end = 0; end < whole.length; end++) {
      expect(parseClientFrame(whole.slice(0, end))).toMatchObject({ ok: false, malformed: true })
    }
  })
})
