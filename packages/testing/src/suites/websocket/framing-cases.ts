import { askFor, binary, frameBytes, opcodes, ping, text } from './client-bytes.js'
import type { WireCase } from './exchange.js'

const sizes = [125, 126, 127, 128, 65_535, 65_536]
const reserved = [1, 2, 3, 4, 5, 6, 7]
const refusedBinary = { says: ['error frame_invalid'], close: '4200 frame_invalid' }

/** Lengths, masks and their encodings (RFC 6455 §5.2, §5.3). */
export const framingCases: readonly WireCase[] = [
  ...sizes.map((size) => ({
    title: `a text of ${size} bytes is taken`,
    send: [text(askFor(size, size))],
    says: [`ok ${size}`],
  })),
  { title: 'an empty text is no JSON object (PROTOCOL §7)', send: [text('')], ...refusedBinary },
  ...[0, ...sizes].map((size) => ({
    title: `a binary message of ${size} bytes is refused by Gamut's own error (PROTOCOL §7)`,
    send: [binary(Buffer.alloc(size, 0xfe))],
    ...refusedBinary,
  })),
  {
    title: 'many small texts in a row are taken in their order',
    send: Array.from({ length: 50 }, (_, ref) => text(askFor(ref))),
    says: Array.from({ length: 50 }, (_, ref) => `ok ${ref}`),
  },
  {
    title: 'a mask of zeros is a mask',
    send: [frameBytes({ payload: askFor(1), mask: [0, 0, 0, 0] })],
    says: ['ok 1'],
  },
  {
    title: 'each frame has a mask of its own',
    send: [
      frameBytes({ payload: askFor(1), mask: [255, 255, 255, 255] }),
      frameBytes({ payload: askFor(2), mask: [1, 2, 3, 4] }),
    ],
    says: ['ok 1', 'ok 2'],
  },
  ...Object.entries(opcodes).map(([name, opcode]) => ({
    title: `a frame without a mask is refused: ${name} (§5.1)`,
    send: [frameBytes({ opcode, mask: null, payload: opcode === opcodes.close ? '' : 'x' })],
    close: '1002',
  })),
  {
    title: 'a masked text is followed by one without a mask',
    send: [text(askFor(1)), frameBytes({ payload: askFor(2), mask: null })],
    says: ['ok 1'],
    close: '1002',
  },
  ...([16, 64] as const).map((lengthBits) => ({
    title: `a small text whose length takes ${lengthBits} bits is understood: what a sender must not, a receiver may forgive`,
    send: [frameBytes({ payload: askFor(1), lengthBits })],
    says: ['ok 1'],
  })),
  {
    title: 'a text of 300 bytes whose length takes 64 bits is understood',
    send: [frameBytes({ payload: askFor(1, 300), lengthBits: 64 })],
    says: ['ok 1'],
  },
  ...([16, 64] as const).map((lengthBits) => ({
    title: `a ping whose length takes ${lengthBits} bits is refused (§5.5)`,
    send: [frameBytes({ opcode: opcodes.ping, payload: 'x', lengthBits })],
    close: '1002',
  })),
]

/** Reserved bits in each kind of frame, and between fragments (RFC 6455 §5.2): nobody has agreed on an extension. */
export const reservedBitCases: readonly WireCase[] = reserved.flatMap((rsv) => [
  {
    title: `reserved bits ${rsv} in a text`,
    send: [frameBytes({ payload: askFor(1), rsv })],
    close: '1002',
  },
  {
    title: `reserved bits ${rsv} in a text after a good one, and a ping behind it`,
    send: [text(askFor(1)), frameBytes({ payload: askFor(2), rsv }), ping()],
    says: ['ok 1'],
    close: '1002',
  },
  {
    title: `reserved bits ${rsv} in an empty text`,
    send: [frameBytes({ rsv })],
    close: '1002',
  },
  {
    title: `reserved bits ${rsv} in a binary message`,
    send: [frameBytes({ opcode: opcodes.binary, payload: 'x', rsv })],
    close: '1002',
  },
  {
    title: `reserved bits ${rsv} in a ping`,
    send: [frameBytes({ opcode: opcodes.ping, payload: 'x', rsv })],
    close: '1002',
  },
  {
    title: `reserved bits ${rsv} in a pong`,
    send: [frameBytes({ opcode: opcodes.pong, rsv })],
    close: '1002',
  },
  {
    title: `reserved bits ${rsv} in a close frame`,
    send: [frameBytes({ opcode: opcodes.close, payload: Buffer.from([3, 232]), rsv })],
    close: '1002',
  },
  {
    title: `reserved bits ${rsv} in a last fragment`,
    send: [text('{"type":"ping",', false), frameBytes({ opcode: 0, payload: '"ref":1}', rsv })],
    close: '1002',
  },
  {
    title: `reserved bits ${rsv} in a ping between fragments`,
    send: [text('{"type":"ping",', false), frameBytes({ opcode: opcodes.ping, rsv })],
    close: '1002',
  },
])

/** Opcodes that nobody has defined (RFC 6455 §5.2). */
export const opcodeCases: readonly WireCase[] = [3, 4, 5, 6, 7, 11, 12, 13, 14, 15].flatMap((opcode) => [
  { title: `opcode ${opcode}, empty`, send: [frameBytes({ opcode })], close: '1002' },
  { title: `opcode ${opcode} with a payload`, send: [frameBytes({ opcode, payload: 'x' })], close: '1002' },
  {
    title: `opcode ${opcode} after a text, and a ping behind it`,
    send: [text(askFor(1)), frameBytes({ opcode, payload: 'x' }), ping()],
    says: ['ok 1'],
    close: '1002',
  },
  {
    title: `opcode ${opcode} between fragments`,
    send: [text('{"type":"ping",', false), frameBytes({ opcode })],
    close: '1002',
  },
  {
    title: `opcode ${opcode} as a first fragment`,
    send: [frameBytes({ opcode, fin: false })],
    close: '1002',
  },
])
