import { describe, expect, test } from 'vitest'
import { accepts, mediaTypeOf, parseEntityTags, parsePreferWait } from '../src/index.js'
import { readFixture } from './read-fixture.js'

const headers = readFixture<{
  readonly preferWait: readonly { header: string; seconds: number | null }[]
  readonly accepts: readonly { header: string; type: string; accepts: boolean }[]
  readonly mediaTypes: readonly { header: string; type: string }[]
  readonly entityTags: readonly { header: string; tags: readonly string[] }[]
}>('headers')

describe('a header', () => {
  test.each(headers.preferWait)('"Prefer: $header" asks to wait for $seconds (§4)', ({ header, seconds }) => {
    expect(parsePreferWait(header)).toBe(seconds ?? undefined)
  })

  test.each(headers.accepts)(
    '"Accept: $header" names $type: $accepts (§4)',
    ({ header, type, ...expected }) => {
      expect(accepts(header, type)).toBe(expected.accepts)
    },
  )

  test.each(headers.mediaTypes)('"Content-Type: $header" is of $type (§3)', ({ header, type }) => {
    expect(mediaTypeOf(header)).toBe(type)
  })

  test.each(headers.entityTags)('"If-None-Match: $header" names $tags (§4)', ({ header, tags }) => {
    expect(parseEntityTags(header)).toEqual(tags)
  })
})
