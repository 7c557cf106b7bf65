import { askFor, binary, frameBytes, more, ping, text } from './client-bytes.js'
import type { WireCase } from './exchange.js'

/** How much the suite's servers take in one frame of Gamut, in bytes. */
export const frameBound = 262_144

const half = frameBound / 2
const tooLarge = { says: ['error too_large'], close: '4201 too_large' }

/** A text of so many bytes in fragments of so many. */
function inFragments(whole: string, size: number): Buffer[] {
  const count = Math.ceil(whole.length / size)
  return Array.from({ length: count }, (_, at) => {
    const part = whole.slice(at * size, (at + 1) * size)
    return at === 0 ? text(part, count === 1) : more(part, at === count - 1)
  })
}

/** Bounds on messages, at them and one past them (PROTOCOL §7; RFC 6455 §10.4). */
export const limitCases: readonly WireCase[] = [
  { title: 'a text at the bound', send: [text(askFor(1, frameBound))], says: ['ok 1'] },
  {
    title: 'a text at the bound in fragments',
    send: inFragments(askFor(1, frameBound), 4096),
    says: ['ok 1'],
  },
  { title: 'a text one past the bound', send: [text(askFor(1, frameBound + 1))], ...tooLarge },
  {
    title: 'a text one past the bound in fragments',
    send: inFragments(askFor(1, frameBound + 1), 65_536),
    ...tooLarge,
  },
  {
    title: "a text at twice the bound, still by Gamut's own code",
    send: [text(askFor(1, 2 * frameBound))],
    ...tooLarge,
  },
  {
    title: 'a text one past twice the bound',
    send: [text(askFor(1, 2 * frameBound + 1))],
    close: '1009',
  },
  {
    title: 'fragments that together pass twice the bound',
    send: [text('x'.repeat(half), false), ...Array.from({ length: 4 }, () => more('x'.repeat(half), false))],
    close: '1009',
  },
  {
    title: 'a binary message past twice the bound',
    send: [binary(Buffer.alloc(2 * frameBound + 1))],
    close: '1009',
  },
  {
    title: 'a length past the bound is refused before its payload comes',
    send: [frameBytes({ claimed: BigInt(2 * frameBound + 1), payload: '' })],
    close: '1009',
  },
  ...[0x7fff_ffffn, 0xffff_ffffn, 1n << 53n, (1n << 63n) - 1n].map((claimed) => ({
    title: `a length of ${claimed} is refused before its payload comes`,
    send: [frameBytes({ claimed, payload: '', lengthBits: 64 })],
    close: '1009',
  })),
  {
    title: 'a length with its highest bit, which no frame has, is refused (RFC 6455 §5.2)',
    send: [frameBytes({ claimed: 1n << 63n, payload: '', lengthBits: 64 })],
    close: '1009',
  },
  {
    title: 'a thousand empty fragments are nothing',
    send: [text('', false), ...Array.from({ length: 1000 }, () => more('', false)), more(askFor(1))],
    says: ['ok 1'],
  },
  {
    title: 'a ping is answered in the middle of a great message',
    send: [text('x'.repeat(half), false), ping('still here'), more('x'.repeat(half), false), ping('and now')],
    pongs: ['still here', 'and now'],
  },
]
