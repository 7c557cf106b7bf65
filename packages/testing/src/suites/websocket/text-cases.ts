import { askFor, binary, more, ping, text } from './client-bytes.js'
import type { WireCase } from './exchange.js'

/** Texts that are UTF-8: the first and last character of each length, planes and noncharacters (RFC 3629 §4). */
const valid: Readonly<Record<string, string>> = {
  'two bytes': 'κόσμε',
  'the last of one byte': '\u007f',
  'the first of two bytes': '\u0080',
  'the last of two bytes': '\u07ff',
  'the first of three bytes': '\u0800',
  'the last before the surrogates': '\ud7ff',
  'the first after the surrogates': '\ue000',
  'a replacement character': '\ufffd',
  noncharacters: '\ufffe\uffff\ufdd0',
  'the first of four bytes': '\u{10000}',
  'an emoji': '👨‍👩‍👧',
  'the last of all': '\u{10ffff}',
  'a byte order mark within': 'a\ufeffb',
}

/** Bytes that are no UTF-8 (RFC 3629 §3, §10). */
const invalid: Readonly<Record<string, readonly number[]>> = {
  'a continuation alone': [0x80],
  'the last continuation alone': [0xbf],
  'two continuations': [0x80, 0xbf],
  'a start of two bytes alone': [0xc2],
  'a start of three bytes alone': [0xe2],
  'a start of four bytes alone': [0xf0],
  'two of three bytes': [0xe2, 0x82],
  'two of four bytes': [0xf0, 0x9f],
  'three of four bytes': [0xf0, 0x9f, 0x98],
  'a start and a letter': [0xc3, 0x28],
  'two of three and a letter': [0xe2, 0x82, 0x28],
  'three of four and a letter': [0xf0, 0x9f, 0x98, 0x28],
  'a slash in two bytes': [0xc0, 0xaf],
  'a slash in three bytes': [0xe0, 0x80, 0xaf],
  'a slash in four bytes': [0xf0, 0x80, 0x80, 0xaf],
  'a zero in two bytes': [0xc0, 0x80],
  'the greatest in two bytes too many': [0xc1, 0xbf],
  'the greatest in three bytes too many': [0xe0, 0x9f, 0xbf],
  'the greatest in four bytes too many': [0xf0, 0x8f, 0xbf, 0xbf],
  'the first high surrogate': [0xed, 0xa0, 0x80],
  'the last high surrogate': [0xed, 0xaf, 0xbf],
  'the first low surrogate': [0xed, 0xb0, 0x80],
  'the last low surrogate': [0xed, 0xbf, 0xbf],
  'a pair of surrogates': [0xed, 0xa0, 0x80, 0xed, 0xb0, 0x80],
  'more than U+10FFFF': [0xf4, 0x90, 0x80, 0x80],
  'a start past the last': [0xf5, 0x80, 0x80, 0x80],
  'five bytes': [0xf8, 0x88, 0x80, 0x80, 0x80],
  'six bytes': [0xfc, 0x84, 0x80, 0x80, 0x80, 0x80],
  'the byte FE': [0xfe],
  'the byte FF': [0xff],
}

/** A text in two fragments, cut after so many bytes. */
function inTwo(bytes: Buffer, at: number): Buffer[] {
  return [text(bytes.subarray(0, at), false), more(bytes.subarray(at))]
}

function around(bytes: readonly number[]): Buffer {
  return Buffer.concat([Buffer.from('{"type":"ping","ref":"'), Buffer.from(bytes), Buffer.from('"}')])
}

const everyCharacter = Buffer.from(askFor('é€😀'))

/** What a text may be made of (RFC 6455 §5.6, §8.1): the server gives the `ref` back, so it is seen how it was read. */
export const textCases: readonly WireCase[] = [
  ...Object.entries(valid).map(([name, letters]) => ({
    title: `is read: ${name}`,
    send: [text(askFor(letters))],
    says: [`ok ${letters}`],
  })),
  ...Object.entries(valid).map(([name, letters]) => ({
    title: `is read in fragments of one byte each: ${name}`,
    send: [...Buffer.from(askFor(letters))].map((byte, at, every) => {
      const part = Buffer.from([byte])
      return at === 0 ? text(part, false) : more(part, at === every.length - 1)
    }),
    says: [`ok ${letters}`],
  })),
  ...Array.from(everyCharacter, (_, at) => ({
    title: `is read when it is cut after byte ${at}, with a ping between`,
    send: inTwo(everyCharacter, at).flatMap((part, turn) => (turn ? [ping('x'), part] : [part])),
    pongs: ['x'],
    says: ['ok é€😀'],
  })),
  ...Object.entries(invalid).map(([name, bytes]) => ({
    title: `is refused: ${name}`,
    send: [text(around(bytes))],
    close: '1007',
  })),
  ...Object.entries(invalid).map(([name, bytes]) => ({
    title: `is refused at the end of a text: ${name}`,
    send: [text(Buffer.from(bytes))],
    close: '1007',
  })),
  ...Object.entries(invalid).map(([name, bytes]) => ({
    title: `is refused when it comes in two fragments: ${name}`,
    send: inTwo(around(bytes), 23),
    close: '1007',
  })),
  {
    title: 'is not asked of a binary message (PROTOCOL §7)',
    send: [binary(Buffer.from([0xff, 0xfe]))],
    says: ['error frame_invalid'],
    close: '4200 frame_invalid',
  },
]
