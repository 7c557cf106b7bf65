import { dataOf } from '../data.ts'
import type { Speech } from './speech.ts'

/** Centrifugo's JSON protocol: commands and replies by lines. A position is kept, as Gamut's client does. */
export const centrifuge: Speech = {
  answer: (text) => {
    const commands = text.split('\n').map((line) => JSON.parse(line))
    const replies = commands.map(({ id, connect, subscribe }) => {
      if (connect) return { id, connect: { client: 'c', version: '6' } }
      return subscribe ? { id, subscribe: { recoverable: true, epoch: 'feeder', offset: 0 } } : { id }
    })
    return {
      replies: [replies.map((reply) => JSON.stringify(reply)).join('\n')],
      begins: commands.flatMap(({ subscribe }) => subscribe?.channel ?? []),
    }
  },
  frame: (channel, from, count) =>
    Array.from({ length: count }, (_, index) =>
      JSON.stringify({
        push: { channel, pub: { data: dataOf(from + index), offset: from + index + 1 } },
      }),
    ).join('\n'),
}

const handshake = { sid: 's', upgrades: [], pingInterval: 60_000, pingTimeout: 60_000, maxPayload: 1e6 }

/** Engine.IO 4 with Socket.IO 5 in it; what stands for a channel is a namespace: `/name,`, the first one `''`. */
export const socketIo: Speech = {
  greeting: `0${JSON.stringify(handshake)}`,
  answer: (text) => {
    const [, namespace] = /^40(\/[^,]*,)?/.exec(text) ?? []
    if (!text.startsWith('40')) return { replies: [] }
    return { replies: [`40${namespace ?? ''}{"sid":"s"}`], begins: [namespace ?? ''] }
  },
  frame: (namespace, from) => `42${namespace}${JSON.stringify(['m', dataOf(from)])}`,
}

/** Data and nothing around it. */
export const plain: Speech = {
  begins: [''],
  answer: () => ({ replies: [] }),
  frame: (_channel, from) => JSON.stringify(dataOf(from)),
}
