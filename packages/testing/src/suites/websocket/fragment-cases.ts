import { askFor, binary, close, frameBytes, more, ping, pong, text } from './client-bytes.js'
import type { WireCase } from './exchange.js'

const [first, last] = ['{"type":"ping",', '"ref":1}']

/** Messages in several frames (RFC 6455 §5.4). */
export const fragmentCases: readonly WireCase[] = [
  { title: 'a text in two fragments is one', send: [text(first, false), more(last)], says: ['ok 1'] },
  {
    title: 'a text in fragments of one byte each is one',
    send: [text('{', false), ...[...askFor(1).slice(1, -1)].map((letter) => more(letter, false)), more('}')],
    says: ['ok 1'],
  },
  {
    title: 'empty fragments add nothing: at the start, between, at the end',
    send: [text('', false), more(first, false), more('', false), more(last, false), more('')],
    says: ['ok 1'],
  },
  {
    title: 'a message of empty fragments is an empty text, and no JSON object (PROTOCOL §7)',
    send: [text('', false), more('', false), more('')],
    says: ['error frame_invalid'],
    close: '4200 frame_invalid',
  },
  {
    title: 'a binary message in fragments is refused at its end (PROTOCOL §7)',
    send: [binary('x', false), ping('alive'), more('y')],
    pongs: ['alive'],
    says: ['error frame_invalid'],
    close: '4200 frame_invalid',
  },
  {
    title: 'a ping between fragments is answered before the message is whole',
    send: [text(first, false), ping('between'), more(last)],
    pongs: ['between'],
    says: ['ok 1'],
  },
  {
    title: 'pings and pongs between many fragments',
    send: [...'{"type":"ping",']
      .flatMap((letter, at) => [
        at === 0 ? text(letter, false) : more(letter, false),
        at % 2 ? pong('unasked') : ping(`${at}`),
      ])
      .concat(more(last)),
    pongs: ['0', '2', '4', '6', '8', '10', '12', '14'],
    says: ['ok 1'],
  },
  {
    title: 'ten pings between two fragments',
    send: [text(first, false), ...Array.from({ length: 10 }, (_, n) => ping(`${n}`)), more(last)],
    pongs: Array.from({ length: 10 }, (_, n) => `${n}`),
    says: ['ok 1'],
  },
  {
    title: 'a close frame between fragments ends the message with the connection',
    send: [text(first, false), close(1000), more(last)],
    closes: true,
    close: '1000',
  },
  ...[true, false].flatMap((fin) => [
    {
      title: `a continuation of nothing is refused, ${fin ? 'the last' : 'not the last'}`,
      send: [more(askFor(1), fin)],
      close: '1002',
    },
    {
      title: `a continuation after a whole text is refused, ${fin ? 'the last' : 'not the last'}`,
      send: [text(askFor(1)), more(last, fin)],
      says: ['ok 1'],
      close: '1002',
    },
    {
      title: `a continuation after the last fragment is refused, ${fin ? 'the last' : 'not the last'}`,
      send: [text(first, false), more(last), more('x', fin)],
      says: ['ok 1'],
      close: '1002',
    },
    {
      title: `a new text within fragments is refused, ${fin ? 'whole' : 'begun'}`,
      send: [text(first, false), text(askFor(2), fin)],
      close: '1002',
    },
    {
      title: `a new binary message within fragments is refused, ${fin ? 'whole' : 'begun'}`,
      send: [text(first, false), binary('x', fin)],
      close: '1002',
    },
    {
      title: `a new text within an empty fragment is refused, ${fin ? 'whole' : 'begun'}`,
      send: [text('', false), text(askFor(2), fin)],
      close: '1002',
    },
    {
      title: `a text within a binary message is refused, ${fin ? 'whole' : 'begun'}`,
      send: [binary('', false), text(askFor(2), fin)],
      close: '1002',
    },
  ]),
  ...[9, 10, 8].map((opcode) => ({
    title: `a fragmented control frame within fragments is refused: opcode ${opcode}`,
    send: [text(first, false), frameBytes({ opcode, fin: false }), more(last)],
    close: '1002',
  })),
  {
    title: 'a message in fragments follows a message in fragments',
    send: [text(first, false), more(last), text('{"type":"ping","ref"', false), more(':2}')],
    says: ['ok 1', 'ok 2'],
  },
]
