import { openReader, type ReadOptions, takeKind, type WireReader } from '@gamut/testing'
import { onTestFinished } from 'vitest'
import type { Explanation, GamutOptions } from '../../src/index.js'
import { start } from '../node/rig.js'

type Transport = WireReader['transport']

/** A server on a port that traces every channel and knows readers by the header field `user`. */
export async function startTraced(options: GamutOptions = {}) {
  const rig = await start({
    trace: ['*'],
    authenticate: (request) => {
      const id = request.headers.get('user')
      return id === null ? null : { id }
    },
    ...options,
  })
  const { gamut, port } = rig
  const origin = `http://127.0.0.1:${port}`
  return {
    ...rig,
    origin,
    /** A reader by name. */
    open: (transport: Transport, channel: string, user: string, more: Partial<ReadOptions> = {}) => {
      const reader = openReader(transport, { origin, channel, headers: { user }, pollMs: 20, ...more })
      onTestFinished(() => reader.close())
      return reader
    },
    ask: async (query: Record<string, string>) => {
      const response = await fetch(`${origin}/explain?${new URLSearchParams(query)}`)
      return (await response.json()) as Explanation
    },
    publish: async (channel: string, count: number, key?: string) => {
      const offsets: number[] = []
      for (let n = 0; n < count; n++) {
        offsets.push((await gamut.publish(channel, { n }, key === undefined ? {} : { key })).offset)
      }
      return offsets
    },
  }
}

/** Reads until the reader has told how its position was found, so that it is surely there. */
export async function opened(reader: WireReader): Promise<WireReader> {
  await takeKind(reader, 'open')
  return reader
}
