import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import {
  closeCodes,
  defaultWaitSeconds,
  errorKinds,
  maxFieldLength,
  maxWaitSeconds,
  mediaTypes,
  subprotocol,
  transports,
} from '../src/index.js'
import { readFixture } from './read-fixture.js'

const root = new URL('../../../', import.meta.url)
const text = readFileSync(new URL('PROTOCOL.md', root), 'utf8')
const kinds = Object.entries(errorKinds)

/** The text of one section. */
function section(number: number): string {
  const from = text.indexOf(`\n## §${number} `)
  const to = text.indexOf('\n## §', from + 1)
  return text.slice(from, to === -1 ? undefined : to)
}

/** Rows of the error table: anchor, code, status, close code, retry. */
const rows = [
  ...section(13).matchAll(/^\| <a id="(\w+)"><\/a>`(\w+)` \| (\d+) \| (\S+) \| (yes|no) \| .+ \|$/gm),
].map(([, anchor, code, status, close, retry]) => ({ anchor, code, status, close, retry }))

describe('PROTOCOL.md', () => {
  test('has the sections 1 to 16 that docstrings and tests cite', () => {
    const headings = [...text.matchAll(/^## (§\d+) \S/gm)].map(([, number]) => number)
    expect(headings).toEqual(Array.from({ length: 16 }, (_, index) => `§${index + 1}`))
  })

  test.each(kinds)('has %s under the anchor that the error names, as the code has it (§13)', (code, kind) => {
    expect(rows.filter((row) => row.code === code)).toEqual([
      {
        anchor: code,
        code,
        status: String(kind.status),
        close: String(kind.closeCode ?? '-'),
        retry: kind.retry ? 'yes' : 'no',
      },
    ])
  })

  test('has no code that there is not (§13)', () => {
    expect(rows.map(({ code }) => code)).toEqual(kinds.map(([code]) => code))
  })

  test('names every close code (§13)', () => {
    for (const code of Object.values(closeCodes)) expect(section(13)).toMatch(new RegExp(`\\b${code}\\b`))
  })

  test('links only to what is there', () => {
    const anchors = new Set([...text.matchAll(/<a id="(\w+)">/g)].map(([, id]) => `#${id}`))
    for (const [, link = ''] of text.matchAll(/\]\(([^)]+)\)/g)) {
      expect(link.startsWith('#') ? anchors.has(link) : existsSync(new URL(link, root)), link).toBe(true)
    }
  })

  test.each([
    ['the transports', 1, transports.map((name) => `\`${name}\``)],
    ['the media types of a body', 3, [mediaTypes.json, mediaTypes.text, mediaTypes.ndjson]],
    ['the length of a field', 3, [`1 to ${maxFieldLength} characters`]],
    ['the media types of a stream', 4, [mediaTypes.events, mediaTypes.ndjson]],
    ['the wait of a long-poll', 4, [`${defaultWaitSeconds} if not said, ${maxWaitSeconds} at most`]],
    ['the subprotocol', 7, [subprotocol]],
  ])('has %s as the code has them (§%i)', (_, number, expected) => {
    for (const one of expected) expect(section(number)).toContain(one)
  })

  test('describes each event of the server that has golden bytes (§6)', () => {
    const own = readFixture<readonly { text: string }[]>('event-streams').flatMap(
      (golden) => /^event: (\$\w+)$/m.exec(golden.text)?.[1] ?? [],
    )
    for (const event of new Set(own)) expect(section(6)).toMatch(new RegExp(`^\\| \`\\${event}\` \\|`, 'm'))
  })

  test('describes each kind of frame that has golden bytes (§7)', () => {
    const types = readFixture<readonly { text: string }[]>('frames').flatMap(
      (golden) => /^\{"type":"(\w+)"/.exec(golden.text)?.[1] ?? [],
    )
    for (const type of new Set(types))
      expect(section(7)).toMatch(new RegExp(`"type":"${type}"|^\\| \`${type}\` \\|`, 'm'))
  })
})
