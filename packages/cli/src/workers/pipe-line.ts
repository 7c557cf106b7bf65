import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Line } from './line.js'

/** The descriptor of a worker's end: behind its output and Node's own channel, which waits for every connection that it hands over. */
const descriptor = 4

/** What a worker is started with, so that it has a pipe of its own to the process above it. */
export const stdioOfWorkers = ['inherit', 'inherit', 'inherit', 'ipc', 'pipe'] as const

/** The pipe of this worker. */
export function ownPipe(): Duplex {
  return new Socket({ fd: descriptor, readable: true, writable: true })
}

/** The pipe to a worker. */
export function pipeTo({ stdio }: { readonly stdio: readonly unknown[] }): Duplex {
  return stdio[descriptor] as Duplex
}

/** A line over a pipe: what is sent at once is an array in a line. */
export function createPipeLine<Received>(pipe: Duplex): Line<Received> {
  // The end of who is at the other side is told by its exit.
  pipe.on('error', () => {})
  return {
    send: (texts, taken = () => {}) => {
      pipe.write(`[${texts.join(',')}]\n`, () => taken())
    },
    receive: (listener) => {
      let parts: string[] = []
      pipe.setEncoding('utf8').on('data', (text: string) => {
        const end = text.lastIndexOf('\n')
        parts.push(end < 0 ? text : text.slice(0, end))
        if (end < 0) return
        const lines = parts.join('').split('\n')
        parts = [text.slice(end + 1)]
        for (const line of lines) listener(JSON.parse(line))
      })
    },
  }
}
