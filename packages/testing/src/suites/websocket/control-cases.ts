import { askFor, close, frameBytes, opcodes, ping, pong, text } from './client-bytes.js'
import type { WireCase } from './exchange.js'

const all = (length: number) => Buffer.from(Array.from({ length }, (_, at) => (at * 37) % 256))

/** Pings and pongs (RFC 6455 §5.5.2, §5.5.3). */
export const pingCases: readonly WireCase[] = [
  { title: 'an empty ping is answered by an empty pong', send: [ping()], pongs: [''] },
  ...[1, 5, 124, 125].map((size) => ({
    title: `a ping of ${size} bytes, not of UTF-8, is answered by the same`,
    send: [ping(all(size))],
    pongs: [all(size).toString('latin1')],
  })),
  { title: 'a ping of 126 bytes is refused (§5.5)', send: [ping(all(126))], close: '1002' },
  { title: 'a pong of 126 bytes is refused (§5.5)', send: [pong(all(126))], close: '1002' },
  { title: 'a pong that nobody asked for is nothing', send: [pong(), text(askFor(1))], says: ['ok 1'] },
  {
    title: 'a pong with a payload that nobody asked for is nothing',
    send: [pong('unasked'), text(askFor(1))],
    says: ['ok 1'],
  },
  {
    title: 'a pong, then a ping: the ping alone is answered',
    send: [pong('unasked'), ping('asked')],
    pongs: ['asked'],
  },
  {
    title: 'ten pings in a row are answered one by one in their order',
    send: Array.from({ length: 10 }, (_, n) => ping(`payload ${n}`)),
    pongs: Array.from({ length: 10 }, (_, n) => `payload ${n}`),
  },
  {
    title: 'pings among texts disturb neither',
    send: [ping('a'), text(askFor(1)), ping('b'), text(askFor(2)), ping('c')],
    says: ['ok 1', 'ok 2'],
    pongs: ['a', 'b', 'c'],
  },
  ...[opcodes.ping, opcodes.pong, opcodes.close].map((opcode) => ({
    title: `a control frame is not fragmented: opcode ${opcode} (§5.4)`,
    send: [frameBytes({ opcode, fin: false })],
    close: '1002',
  })),
]

const goodCodes = [
  1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999,
]
const badCodes = [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 1999, 2000, 2001, 2999, 5000, 32_768, 65_535]
const longest = 'r'.repeat(123)

/** How a connection is closed (RFC 6455 §5.5.1, §7). */
export const closeFrameCases: readonly WireCase[] = [
  { title: 'a close frame without a code is answered without one', send: [close()], closes: true, close: '' },
  ...goodCodes.map((code) => ({
    title: `the code ${code} is answered by itself`,
    send: [close(code)],
    closes: true,
    close: `${code}`,
  })),
  ...badCodes.map((code) => ({
    title: `the code ${code} may not be sent (§7.4)`,
    send: [close(code)],
    closes: true,
    close: '1002',
  })),
  ...badCodes.map((code) => ({
    title: `the code ${code} may not be sent with a reason either`,
    send: [close(code, 'why')],
    closes: true,
    close: '1002',
  })),
  {
    title: 'a code and a reason are answered by themselves',
    send: [close(1000, 'über')],
    closes: true,
    close: '1000 über',
  },
  {
    title: 'a reason of 123 bytes is the longest',
    send: [close(4000, longest)],
    closes: true,
    close: `4000 ${longest}`,
  },
  {
    title: 'a reason of 124 bytes is too long',
    send: [close(1000, `${longest}r`)],
    closes: true,
    close: '1002',
  },
  {
    title: 'a reason that is no UTF-8 is refused (§8.1)',
    send: [close(1000, Buffer.from([0xce, 0xba, 0xff]))],
    closes: true,
    close: '1007',
  },
  {
    title: 'a reason that is cut within a character is refused (§8.1)',
    send: [close(1000, Buffer.from([0xe2, 0x82]))],
    closes: true,
    close: '1007',
  },
  {
    title: 'half of a code is none (§5.5.1)',
    send: [frameBytes({ opcode: opcodes.close, payload: Buffer.from([3]) })],
    closes: true,
    close: '1002',
  },
  {
    title: 'what comes after a close frame is not read: a text',
    send: [close(1000), text(askFor(1))],
    closes: true,
    close: '1000',
  },
  {
    title: 'what comes after a close frame is not read: a ping',
    send: [close(1000), ping('x')],
    closes: true,
    close: '1000',
  },
  {
    title: 'what comes after a close frame is not read: a wrong frame',
    send: [close(1000), frameBytes({ opcode: 3, rsv: 7 })],
    closes: true,
    close: '1000',
  },
  {
    title: 'a second close frame changes nothing',
    send: [close(1000), close(4000)],
    closes: true,
    close: '1000',
  },
  {
    title: 'a message that has only begun is given up by a close frame',
    send: [text('{"type":', false), close(1001, 'away')],
    closes: true,
    close: '1001 away',
  },
  {
    title: 'a great payload after a close frame is not read',
    send: [close(1000), text('x'.repeat(262_144))],
    closes: true,
    close: '1000',
  },
]
