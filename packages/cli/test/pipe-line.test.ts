import { Duplex } from 'node:stream'
import { expect, it } from 'vitest'
import { createPipeLine } from '../src/workers/pipe-line.js'

/** A pipe whose other end is the test: `sent` is what was written, and `take` lets the next write through. */
function createPipe() {
  const sent: string[] = []
  const waiting: (() => void)[] = []
  const pipe = new Duplex({
    read: () => {},
    write: (chunk: Buffer, _encoding, done) => {
      sent.push(String(chunk))
      waiting.push(done)
    },
  })
  return { pipe, sent, take: () => waiting.shift()?.() }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

it('finds what was sent in whatever pieces it comes', async () => {
  const { pipe } = createPipe()
  const received: unknown[] = []
  createPipeLine<unknown>(pipe).receive((items) => received.push(items))
  const sent = [['a\nb', { text: 'ä€😀' }], [], [1]]
  const bytes = Buffer.from(sent.map((items) => `${JSON.stringify(items)}\n`).join(''))
  for (const byte of bytes) pipe.push(Buffer.of(byte))
  pipe.push(bytes)
  await turn()
  expect(received).toEqual([...sent, ...sent])
})

it('says that something was taken once it has left this process, or never will', async () => {
  const { pipe, sent, take } = createPipe()
  const taken: number[] = []
  const line = createPipeLine(pipe)
  for (const item of [1, 2, 3]) line.send([`${item}`], () => taken.push(item))
  await turn()
  expect([sent, taken]).toEqual([['[1]\n'], []])
  take()
  await turn()
  expect([sent, taken]).toEqual([['[1]\n', '[2]\n'], [1]])
  pipe.destroy()
  // As a socket does with what it was writing when it is destroyed.
  take()
  await turn()
  line.send(['4'], () => taken.push(4))
  await turn()
  expect(taken.sort()).toEqual([1, 2, 3, 4])
})
