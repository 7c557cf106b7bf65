import { handshakeKey } from './raw-peer.js'

/** A handshake, and how it is answered. */
export interface HandshakeCase {
  /** A sentence, with the section of RFC 6455. */
  readonly title: string
  /** Default: `GET`. */
  readonly method?: string
  /** Default: `HTTP/1.1`. */
  readonly version?: string
  /** Fields in place of those of a good handshake; `null` leaves one out, a list repeats it. */
  readonly fields?: Readonly<Record<string, string | readonly string[] | null>>
  readonly body?: string
  /** The status: 101 where hands are shaken. */
  readonly status: number
  /** Fields that the answer must have; `null` for those that it must not. */
  readonly answer?: Readonly<Record<string, string | null>>
}

const good: Readonly<Record<string, string>> = {
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': handshakeKey,
}

/** The bytes of a case's handshake. */
export function formatHandshake(test: HandshakeCase, target: string, host: string): string {
  const { method = 'GET', version = 'HTTP/1.1', body = '' } = test
  const fields = { Host: host, ...good, ...test.fields }
  const lines = Object.entries(fields).flatMap(([name, value]) =>
    value === null ? [] : [value].flat().map((one) => `${name}: ${one}`),
  )
  return `${method} ${target} ${version}\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n${body}`
}

const badKeys = {
  'with 15 bytes': 'AAAAAAAAAAAAAAAAAAAA',
  'with 17 bytes': 'AAAAAAAAAAAAAAAAAAAAAAA=',
  'that is not base64': 'dGhlIHNhbXBsZSBub25j*Q==',
  'that is empty': '',
}

const v13 = { 'sec-websocket-version': '13' }

const badHandshakes: readonly HandshakeCase[] = [
  { title: 'no key (§4.2.1)', fields: { 'Sec-WebSocket-Key': null }, status: 426 },
  ...Object.entries(badKeys).map(([name, key]) => ({
    title: `a key ${name} (§4.2.1)`,
    fields: { 'Sec-WebSocket-Key': key },
    status: 426,
  })),
  {
    title: 'two keys (§11.3.1)',
    fields: { 'Sec-WebSocket-Key': [handshakeKey, handshakeKey] },
    status: 426,
  },
  { title: 'no version (§4.2.1)', fields: { 'Sec-WebSocket-Version': null }, status: 426, answer: v13 },
  ...['0', '8', '12', '14', '013', '13.0', '13, 8', '', 'x', '1e1', '0xd'].map((version) => ({
    title: `the version "${version}" (§4.4)`,
    fields: { 'Sec-WebSocket-Version': version },
    status: 426,
    answer: v13,
  })),
  {
    title: 'two versions (§11.3.5)',
    fields: { 'Sec-WebSocket-Version': ['13', '13'] },
    status: 426,
    answer: v13,
  },
]

const noOffer: readonly HandshakeCase[] = [
  { title: 'without a Connection, a plain read', fields: { Connection: null }, status: 200 },
  { title: 'with Connection: keep-alive, a plain read', fields: { Connection: 'keep-alive' }, status: 200 },
  { title: 'without an Upgrade, a plain read', fields: { Upgrade: null }, status: 200 },
  { title: 'that offers h2c, a plain read (RFC 9110 §7.8)', fields: { Upgrade: 'h2c' }, status: 200 },
  {
    title: 'of another method, that method',
    method: 'POST',
    fields: { 'Content-Type': 'application/json', 'Content-Length': '1' },
    body: '1',
    status: 201,
  },
  { title: 'of HEAD, a HEAD (§4.2.1)', method: 'HEAD', status: 200 },
  {
    title: 'with a body, a plain read with a body (§4.1)',
    fields: { 'Content-Length': '2' },
    body: '{}',
    status: 200,
  },
  { title: 'of HTTP/1.0, a plain read (§4.2.1)', version: 'HTTP/1.0', status: 200 },
  { title: 'without a Host is no request (RFC 9112 §3.2)', fields: { Host: null }, status: 400 },
]

const taken: readonly HandshakeCase[] = [
  { title: 'as the RFC shows it', status: 101, answer: { upgrade: 'websocket', connection: 'Upgrade' } },
  {
    title: 'in other letters',
    fields: {
      Connection: null,
      CONNECTION: 'uPGRADE',
      Upgrade: 'WebSocket',
      'Sec-WebSocket-Key': null,
      'sec-websocket-KEY': handshakeKey,
    },
    status: 101,
  },
  { title: 'with Connection as a list', fields: { Connection: 'keep-alive, Upgrade' }, status: 101 },
  { title: 'with Connection twice', fields: { Connection: ['keep-alive', 'Upgrade'] }, status: 101 },
  { title: 'with Content-Length: 0', fields: { 'Content-Length': '0' }, status: 101 },
  {
    title: 'with white space around the key',
    fields: { 'Sec-WebSocket-Key': `  ${handshakeKey}  ` },
    status: 101,
  },
]

const protocols: readonly HandshakeCase[] = [
  ['gamut.v1.json', 'gamut.v1.json'],
  ['other, gamut.v1.json', 'gamut.v1.json'],
  ['gamut.v1.json,other', 'gamut.v1.json'],
  ['other', null],
  ['GAMUT.V1.JSON', null],
].map(([offered, chosen]) => ({
  title: `the subprotocols "${offered}" give ${chosen ?? 'none'} (§4.2.2)`,
  fields: { 'Sec-WebSocket-Protocol': offered ?? '' },
  status: 101,
  answer: { 'sec-websocket-protocol': chosen ?? null },
}))

const negotiations: readonly HandshakeCase[] = [
  { title: 'no subprotocol gives none', status: 101, answer: { 'sec-websocket-protocol': null } },
  ...protocols,
  {
    title: 'subprotocols in two fields are one list (§11.3.4)',
    fields: { 'Sec-WebSocket-Protocol': ['other', 'gamut.v1.json'] },
    status: 101,
    answer: { 'sec-websocket-protocol': 'gamut.v1.json' },
  },
  ...['', ',', 'a,,b', 'a b', 'gamut.v1.json, gamut.v1.json'].map((offered) => ({
    title: `the subprotocols "${offered}" are no list (§4.1)`,
    fields: { 'Sec-WebSocket-Protocol': offered },
    status: 400,
  })),
  ...['permessage-deflate', 'permessage-deflate; client_max_window_bits, x-other', 'not; a=valid="'].map(
    (offered) => ({
      title: `the extensions "${offered}" give none (§9.1)`,
      fields: { 'Sec-WebSocket-Extensions': offered },
      status: 101,
      answer: { 'sec-websocket-extensions': null },
    }),
  ),
]

/** Handshakes by what becomes of them (RFC 6455 §4). */
export const handshakeCases: Readonly<Record<string, readonly HandshakeCase[]>> = {
  'is taken': taken,
  'is negotiated': negotiations,
  'is refused, with why': badHandshakes,
  'is no handshake': noOffer,
}
