import type { Writable } from 'node:stream'
import { ringSize } from '../data.ts'

/** How much is written at once. */
const chunkBytes = 65_536

/** The ring in pieces of some 64 KB, made once: `encode` gives the bytes of so many messages from a place on. */
export function ringOf(perFrame: number, encode: (from: number) => Buffer | string): readonly Buffer[] {
  const chunks: Buffer[] = []
  let parts: Buffer[] = []
  let size = 0
  for (let from = 0; from < ringSize; from += perFrame) {
    const part = Buffer.from(encode(from))
    parts.push(part)
    size += part.length
    if (size < chunkBytes && from + perFrame < ringSize) continue
    chunks.push(Buffer.concat(parts))
    parts = []
    size = 0
  }
  return chunks
}

/** Writes the ring again and again, as fast as the other end takes it. */
export function pour(out: Writable, chunks: readonly Buffer[]): void {
  let index = 0
  const go = () => {
    while (!out.destroyed && out.write(chunks[index++ % chunks.length] as Buffer));
  }
  out.on('drain', go)
  go()
}

/** The frame of a WebSocket's server around a text (RFC 6455 §5.2). */
export function socketFrame(text: string): Buffer {
  const body = Buffer.from(text)
  const head = body.length < 126 ? Buffer.alloc(2) : Buffer.alloc(4)
  head[0] = 0x81
  if (body.length < 126) head[1] = body.length
  else {
    head[1] = 126
    head.writeUInt16BE(body.length, 2)
  }
  return Buffer.concat([head, body])
}
