import { expect, test } from 'vitest'
import { BodyBytes } from '../../src/http/body-bytes.js'

test('keeps what came and no piece by itself, so that small ones take no more than they are', () => {
  const body = new BodyBytes()
  const pieces = Array.from({ length: 1000 }, (_, at) => new Uint8Array(at % 3).fill(at))
  const sent = pieces.flatMap((piece) => [...piece])
  for (const piece of pieces) body.add(piece)
  for (const piece of pieces) piece.fill(0)
  expect([...body.all]).toEqual(sent)
  expect(body.all.buffer.byteLength).toBeLessThanOrEqual(2 * sent.length)
})

test('copies nothing of a body in one piece, and writes nothing into it when another comes', () => {
  const body = new BodyBytes()
  expect(body.all.length).toBe(0)
  const first = new TextEncoder().encode('a')
  body.add(first)
  expect(body.all.buffer).toBe(first.buffer)
  body.add(new Uint8Array())
  body.add(new TextEncoder().encode('b'))
  expect(new TextDecoder().decode(body.all)).toBe('ab')
  expect(new TextDecoder().decode(first)).toBe('a')
})
