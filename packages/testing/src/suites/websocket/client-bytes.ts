/** Kinds of frames (RFC 6455 §5.2). */
export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 }

/** What one frame of a client is made of; anything that the RFC forbids can be said. */
export interface FrameParts {
  /** Default: text. */
  readonly opcode?: number
  /** A text becomes UTF-8. Default: none. */
  readonly payload?: string | Uint8Array
  /** Default: true. */
  readonly fin?: boolean
  /** The three reserved bits as a number from 0 to 7. Default: 0. */
  readonly rsv?: number
  /** The four bytes of the mask; `null` leaves it out. */
  readonly mask?: readonly [number, number, number, number] | null
  /** How many bits the length takes. Default: the fewest. */
  readonly lengthBits?: 7 | 16 | 64
  /** A length that is claimed in place of the payload's own. */
  readonly claimed?: bigint
}

function fewestBits(length: bigint): 7 | 16 | 64 {
  if (length < 126n) return 7
  return length < 65_536n ? 16 : 64
}

function lengthBytes(length: bigint, bits: 7 | 16 | 64, maskBit: number): Buffer {
  if (bits === 7) return Buffer.from([maskBit | Number(length)])
  const bytes = Buffer.alloc(bits === 16 ? 3 : 9)
  bytes[0] = maskBit | (bits === 16 ? 126 : 127)
  if (bits === 16) bytes.writeUInt16BE(Number(length), 1)
  else bytes.writeBigUInt64BE(length, 1)
  return bytes
}

/** The bytes of one frame. */
export function frameBytes(parts: FrameParts): Buffer {
  const { opcode = opcodes.text, fin = true, rsv = 0, mask = [0x37, 0xfa, 0x21, 0x3d] } = parts
  const payload = Buffer.from(parts.payload ?? '')
  const length = parts.claimed ?? BigInt(payload.length)
  const masked = mask ? payload.map((byte, at) => byte ^ (mask[at % 4] ?? 0)) : payload
  return Buffer.concat([
    Buffer.from([(fin ? 0x80 : 0) | (rsv << 4) | opcode]),
    lengthBytes(length, parts.lengthBits ?? fewestBits(length), mask ? 0x80 : 0),
    Buffer.from(mask ?? []),
    masked,
  ])
}

/** A whole text, or with `fin: false` the beginning of one. */
export function text(payload: string | Uint8Array, fin = true): Buffer {
  return frameBytes({ payload, fin })
}

/** A fragment of a message, the last unless `fin` is false. */
export function more(payload: string | Uint8Array, fin = true): Buffer {
  return frameBytes({ opcode: opcodes.continuation, payload, fin })
}

/** A whole binary message, or the beginning of one. */
export function binary(payload: string | Uint8Array, fin = true): Buffer {
  return frameBytes({ opcode: opcodes.binary, payload, fin })
}

/** A ping of the protocol, which a pong answers. */
export function ping(payload: string | Uint8Array = ''): Buffer {
  return frameBytes({ opcode: opcodes.ping, payload })
}

/** A pong that may have been asked for or not. */
export function pong(payload: string | Uint8Array = ''): Buffer {
  return frameBytes({ opcode: opcodes.pong, payload })
}

/** A close frame with what stands in it: nothing, a code, a code and a reason. */
export function close(code?: number, reason: string | Uint8Array = ''): Buffer {
  if (code === undefined) return frameBytes({ opcode: opcodes.close })
  const payload = Buffer.concat([Buffer.from([code >> 8, code & 0xff]), Buffer.from(reason)])
  return frameBytes({ opcode: opcodes.close, payload })
}

/**
 * Gamut's own ping (PROTOCOL §7), which is answered by `ok` with the `ref`, in a text of so many bytes. White space fills it.
 */
export function askFor(ref: string | number, bytes = 0): string {
  const frame = JSON.stringify({ type: 'ping', ref })
  return frame + ' '.repeat(Math.max(0, bytes - Buffer.byteLength(frame)))
}
