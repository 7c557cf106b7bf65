import { setTimeout as delay } from 'node:timers/promises'
import { formatMessage } from '@gamut/protocol'
import { openSocketReader, type ReaderEvent, type SocketReader } from '@gamut/testing'
import type { Operation } from './operation.js'
import { type Tried, triedByCode } from './publish-by-http.js'

/** A publisher's WebSocket, opened again whenever it is gone. */
export interface SocketLine {
  /** Tries a publish of one message once; several may be under way and are sent in the order of the calls. */
  publish(operation: Operation): Promise<Tried>
  close(): void
}

const patienceMs = 3000

function toFrame({ channel, messages }: Operation, ref: number): string {
  const [message] = messages
  if (!message) throw new Error('a frame publishes one message')
  const text = formatMessage({ ...message, offset: 0, time: 0, tag: '0' })
  const head = JSON.stringify({ type: 'publish', ref, channel })
  return `${head.slice(0, -1)},${text.slice('{"offset":0,"time":0,'.length)}`
}

function triedBy(event: ReaderEvent): Tried | undefined {
  if (event.kind === 'error') return triedByCode(event.code)
  if (event.kind !== 'ok' || event.cursor === undefined || event.offset === undefined) return undefined
  return { kind: 'acknowledged', cursor: event.cursor, offsets: [event.offset] }
}

/** Opens a line; `origin` may say another way each time. */
export function createSocketLine(origin: () => string, home: string): SocketLine {
  let line:
    | { readonly reader: SocketReader; readonly waiting: Map<number, (tried: Tried) => void> }
    | undefined
  let refs = 0

  async function read(reader: SocketReader, waiting: Map<number, (tried: Tried) => void>) {
    for (let event = await reader.next(); event; event = await reader.next()) {
      if ((event.kind !== 'ok' && event.kind !== 'error') || event.ref === undefined) continue
      const settle = waiting.get(Number(event.ref))
      const tried = triedBy(event)
      if (tried && settle) settle(tried)
    }
    for (const settle of waiting.values()) settle({ kind: 'unknown', why: 'the socket is gone' })
  }

  function open() {
    if (line) return line
    const reader = openSocketReader({ origin: origin(), channel: home })
    const opened = { reader, waiting: new Map<number, (tried: Tried) => void>() }
    line = opened
    void read(reader, opened.waiting).finally(() => {
      if (line === opened) line = undefined
    })
    return opened
  }

  return {
    publish: async (operation) => {
      const { reader, waiting } = open()
      const ref = ++refs
      const answer = new Promise<Tried>((resolve) => waiting.set(ref, resolve))
      reader.send(toFrame(operation, ref))
      const stop = new AbortController()
      const patience = delay(patienceMs, undefined, { signal: stop.signal }).then(
        () => reader.close(),
        () => undefined,
      )
      const tried = await answer
      waiting.delete(ref)
      stop.abort()
      await patience
      return tried
    },
    close: () => line?.reader.close(),
  }
}
