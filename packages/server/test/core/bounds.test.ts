import { createVirtualClock } from '@gamut/testing'
import { describe, expect, it, vi } from 'vitest'
import {
  createGamut,
  type FrameOwner,
  type FrameWire,
  type Gamut,
  GamutError,
  type GamutOptions,
  type HttpRequest,
  type Metrics,
} from '../../src/index.js'
import { codeOf, createRig } from '../rig.js'

const decoder = new TextDecoder()

function handshake(target: string): HttpRequest {
  return {
    method: 'GET',
    target,
    isUpgrade: true,
    address: '',
    header: () => undefined,
    body: async () => new Uint8Array(),
    toRequest: () => new Request(`http://gamut.test${target}`),
  }
}

/** A WebSocket's wire that a test fills and empties. */
class TestWire implements FrameWire {
  readonly frames: string[] = []
  isFull = false
  isPaused = false
  isAborted = false
  isEnded = false

  write(chunks: readonly Uint8Array[]): boolean {
    this.frames.push(...chunks.map((chunk) => decoder.decode(chunk)))
    return !this.isFull
  }

  ping(): void {}

  pause(): void {
    this.isPaused = true
  }

  resume(): void {
    this.isPaused = false
  }

  end(): void {
    this.isEnded = true
  }

  abort(): void {
    this.isAborted = true
  }
}

async function openSocket(gamut: Gamut, target = '/connect') {
  const reply = await gamut.handle(handshake(target))
  if (reply.kind !== 'upgrade') throw new Error('no upgrade')
  const wire = new TestWire()
  const owner: FrameOwner = reply.start(wire)
  const send = (frame: object) => owner.receive(JSON.stringify(frame))
  return { wire, owner, send }
}

async function turns(count = 6): Promise<void> {
  for (let n = 0; n < count; n++) await new Promise((resolve) => setImmediate(resolve))
}

const open = (options: GamutOptions = {}) => createGamut({ authorize: () => true, ...options })

describe('what a peer can make the server keep (I18)', () => {
  it('is not one answer more for each ping that it does not read', async () => {
    const gamut = open({ outboxBytes: 1000 })
    const { wire, owner, send } = await openSocket(gamut)
    await turns()
    wire.isFull = true
    let sent = 0
    // What a runtime would do: it reads on as long as it is not told to pause.
    while (!wire.isPaused && sent < 10_000) {
      send({ type: 'ping', ref: sent++ })
      if (sent % 10 === 0) await turns(1)
    }
    expect(sent).toBeLessThan(200)
    wire.isFull = false
    owner.drained()
    await turns()
    expect(wire.isPaused).toBe(false)
    expect(wire.frames.filter((frame) => frame.includes('"ok"'))).toHaveLength(sent)
  })

  it('is not more unanswered frames the second time than the first', async () => {
    let release = () => {}
    let isHeld = false
    const gamut = open({
      maxUnansweredFrames: 4,
      onPublish: async () => {
        if (isHeld) await new Promise<void>((resolve) => (release = resolve))
        return undefined
      },
    })
    const { wire, send } = await openSocket(gamut)
    for (let n = 0; n < 3; n++) send({ type: 'publish', ref: n, channel: `c${n}`, data: n })
    await turns()
    expect(wire.isPaused).toBe(false)
    isHeld = true
    for (let n = 0; n < 4; n++) send({ type: 'publish', ref: `held${n}`, channel: 'held', data: n })
    await turns()
    expect(wire.isPaused).toBe(true)
    isHeld = false
    release()
    await turns()
    expect(wire.isPaused).toBe(false)
  })

  it('is not a subscription of a socket that has gone while a hook was asked', async () => {
    let release = () => {}
    const asked = new Promise<void>((resolve) => {
      release = resolve
    })
    const load = vi.fn(() => 1)
    const gamut = open({
      authorize: async () => {
        await asked
        return true
      },
      channels: { watched: { source: { load, everyMs: 1000 } } },
    })
    const { owner, send } = await openSocket(gamut)
    send({ type: 'subscribe', ref: 1, channel: 'watched' })
    owner.closed()
    release()
    await turns()
    expect(load).not.toHaveBeenCalled()
    expect(gamut.connections).toBe(0)
  })

  it('is not a connection for ever that takes nothing when it is sent away', async () => {
    const clock = createVirtualClock()
    const gamut = open({ clock, heartbeatMs: 1000 })
    const { wire } = await openSocket(gamut, '/channels/a')
    await turns()
    wire.isFull = true
    await gamut.publish('a', 1)
    await turns()
    await gamut.drain()
    expect([gamut.connections, wire.isEnded]).toEqual([1, false])
    await clock.advance(2000)
    expect([gamut.connections, wire.isAborted]).toEqual([0, true])
  })

  it('is not a window for every name that was ever read', async () => {
    let channels = 0
    const metrics: Metrics = {
      render: async (samples) => {
        channels = samples.find(({ name }) => name === 'gamut_channels')?.value ?? -1
        return { contentType: 'text/plain', text: '' }
      },
    }
    const { ask, gamut } = createRig({ metrics, maxChannelsPerConnection: 1000 })
    // It begins with what the node itself follows.
    await ask('/healthz')
    await gamut.scrape()
    const own = channels
    for (let round = 0; round < 12; round++) {
      const names = Array.from({ length: 1000 }, (_, n) => `channel=r${round}-${n}`).join('&')
      await ask(`/channels?${names}&wait=0`)
    }
    await gamut.scrape()
    expect(channels).toBe(10_000 + own)
  })

  it('is no timer for a rate of once in a year', async () => {
    const { ask } = createRig()
    expect(await codeOf(await ask('/channels/a?as=sse&maxRate=1e-7'))).toBe('query_invalid')
    const { wire, send } = await openSocket(open())
    send({ type: 'subscribe', ref: 1, channel: 'a', maxRate: 0.001 })
    await turns()
    expect(wire.frames.at(-1)).toContain('frame_invalid')
  })

  it('is no more than about one batch for a set of large channels', async () => {
    const { ask, read, gamut } = createRig()
    for (let n = 0; n < 20; n++) {
      for (let m = 0; m < 10; m++) await gamut.publish(`big/${n}`, 'x'.repeat(30_000))
    }
    const names = Array.from({ length: 20 }, (_, n) => `channel=big/${n}`).join('&')
    const answer = await (
      await ask(`/channels?${names}&cursor=${Array(20).fill('oldest').join('&cursor=')}`)
    ).text()
    expect(answer.length).toBeLessThan(1.3 * 1024 * 1024)
    expect(JSON.parse(answer).more).toBe(true)
    expect((await read('/channels/big/1?cursor=oldest')).messages).toHaveLength(10)
  })

  it('is no stream behind a HEAD', async () => {
    const load = vi.fn(() => Math.random())
    const clock = createVirtualClock()
    const { ask, gamut } = createRig({ clock, channels: { watched: { source: { load, everyMs: 1000 } } } })
    await ask('/channels/watched?as=sse', { method: 'HEAD' })
    expect(gamut.connections).toBe(0)
    await clock.advance(60_000)
    expect(load).toHaveBeenCalledTimes(1)
  })
})

describe('what an application can throw or give', () => {
  it('ends no process: an unknown code is an internal error (§13)', async () => {
    const { post } = createRig({
      onPublish: () => {
        throw new GamutError('nope' as 'internal', 'not in the table')
      },
    })
    const response = await post('/channels/a', '1')
    expect([response.status, await codeOf(response)]).toEqual([500, 'internal'])
  })

  it('is logged where it is no refusal, whatever it is and whichever way it was asked', async () => {
    const error = vi.fn()
    const logger = { info: () => {}, warn: () => {}, error }
    const options = {
      logger,
      onPublish: () => {
        throw Object.create(null)
      },
    }
    const { post } = createRig(options)
    await post('/channels/a', '1')
    await post('/publish', '{"messages":[{"channel":"a","data":1}]}')
    const { send } = await openSocket(open(options))
    send({ type: 'publish', ref: 1, channel: 'a', data: 1 })
    await turns()
    expect(error).toHaveBeenCalledTimes(3)
  })

  it('changes nothing by changing what it was shown (I23)', async () => {
    const { post, read } = createRig({
      onPublish: (message) => {
        Object.assign(message, { event: 'x\ndata: injected', data: 'no JSON' })
        return undefined
      },
    })
    await post('/channels/a', '1')
    expect((await read('/channels/a')).messages).toMatchObject([{ data: 1 }])
    expect((await read('/channels/a')).messages[0].event).toBeUndefined()
  })

  it.each([
    ['data that is no text', { data: { a: 1 } }],
    ['data that is no JSON', { data: 'hello' }],
    ['an event with a line end', { data: '1', event: 'x\ndata: injected' }],
    ['a key with a line end', { data: '1', key: 'x\n' }],
    ['neither data nor a deletion', {}],
  ])('reaches no reader: %s from onPublish is refused (I23)', async (_title, hooked) => {
    const { post, read } = createRig({ onPublish: () => hooked as never })
    expect(await codeOf(await post('/channels/a', '1'))).toBe('internal')
    expect((await read('/channels/a?cursor=oldest')).messages).toEqual([])
  })
})
