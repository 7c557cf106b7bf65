import { createVirtualClock } from '@gamut/testing'
import type { Gamut, GamutOptions } from '../../src/index.js'
import type { FrameOwner, FrameWire } from '../../src/transports/transport.js'
import { createRig } from '../rig.js'
import { toHttpRequest } from '../to-http-request.js'

const second = 1000
export const minute = 60 * second

/** What `GET /advice` answers of one channel, as far as tests look at it. */
export interface Shown {
  readonly channel: string
  readonly declared: unknown
  // biome-ignore lint/suspicious/noExplicitAny: as it comes.
  readonly measured: any
  readonly used?: string
  readonly advice: {
    readonly pattern: string
    readonly isProven: boolean
    readonly need: Record<string, number>
  }
  readonly findings: readonly { readonly code: string; readonly text: string }[]
}

/** Opens a WebSocket that reads a channel; gives how to send frames. */
async function openSocket(gamut: Gamut, channel: string, address: string): Promise<FrameOwner> {
  const reply = await gamut.handle(Object.assign(toHttpRequest('/connect', { address }), { isUpgrade: true }))
  if (reply.kind !== 'upgrade') throw new Error(`no upgrade: ${JSON.stringify(reply)}`)
  const wire: FrameWire = {
    write: () => true,
    end: () => {},
    abort: () => {},
    ping: () => queueMicrotask(() => owner.answered()),
    pause: () => {},
    resume: () => {},
  }
  const owner: FrameOwner = reply.start(wire)
  owner.receive(JSON.stringify({ type: 'subscribe', ref: 1, channel }))
  return owner
}

/** A server whose time is a test's, with readers of several kinds. */
export function createAdviceRig(options: GamutOptions = {}) {
  const clock = createVirtualClock()
  const rig = createRig({ clock, random: () => 0.5, ...options })
  const { gamut } = rig
  const from = async (target: string, address: string, headers: Record<string, string> = {}) => {
    const reply = await gamut.handle(toHttpRequest(target, { address, headers }))
    if (reply.kind !== 'plain') throw new Error(`no plain answer: ${reply.kind}`)
    return reply
  }
  return {
    ...rig,
    clock,
    /** Lets time pass, and something happen at each step of it. */
    pass: async (ms: number, everyMs: number, step: (index: number) => Promise<unknown> | undefined) => {
      for (let index = 0; index * everyMs < ms; index++) {
        await step(index)
        await clock.advance(everyMs)
      }
    },
    /** One poll of somebody at an address. */
    poll: (channel: string, address: string, headers?: Record<string, string>) =>
      from(`/channels/${channel}?as=poll`, address, headers),
    socket: (channel: string, address: string) => openSocket(gamut, channel, address),
    /** Opens a held response that takes everything. */
    stream: async (channel: string, address: string) => {
      const reply = await gamut.handle(toHttpRequest(`/channels/${channel}?as=sse`, { address }))
      if (reply.kind !== 'stream') throw new Error(`no stream: ${reply.kind}`)
      return reply.start({ write: () => true, end: () => {}, abort: () => {} })
    },
    advice: async (query = ''): Promise<{ channels: Shown[]; next?: string; node: string }> =>
      JSON.parse((await from(`/advice${query}`, '127.0.0.1')).body),
    one: async (channel: string): Promise<Shown> => {
      const { channels } = JSON.parse((await from(`/advice?channel=${channel}`, '127.0.0.1')).body)
      return channels[0]
    },
  }
}
