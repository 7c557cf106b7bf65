import { createVirtualClock } from '@gamut/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  createGamut,
  type FrameOwner,
  type FrameWire,
  type Gamut,
  type GamutOptions,
  type Sample,
  type WireOwner,
} from '../../src/index.js'
import { toHttpRequest } from '../to-http-request.js'

const decoder = new TextDecoder()

interface Frame {
  readonly type: string
  readonly reason?: string
  readonly after: string
  readonly cursor: string
  readonly skipped?: number
  readonly messages: readonly { readonly data: unknown }[]
}

/** A reader's wire: a kernel that has room as long as the test says so, and a peer that answers pings when it says. */
class Peer implements FrameWire {
  bytes = 0
  pings = 0
  isFull = false
  isCut = false
  ending: { readonly code: number | undefined; readonly reason: string | undefined } | undefined
  owner: (WireOwner & Partial<FrameOwner>) | undefined
  #text = ''

  write(chunks: readonly Uint8Array[]): boolean {
    for (const chunk of chunks) {
      this.bytes += chunk.length
      this.#text += decoder.decode(chunk)
    }
    return !this.isFull
  }

  ping(): void {
    this.pings++
  }

  end(code?: number, reason?: string): void {
    this.ending = { code, reason }
  }

  abort(): void {
    this.isCut = true
  }

  pause(): void {}

  resume(): void {}

  drain(): void {
    this.isFull = false
    this.owner?.drained()
  }

  get frames(): Frame[] {
    return this.#text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line))
  }

  get data(): unknown[] {
    return this.batches.flatMap(({ messages }) => messages.map(({ data }) => data))
  }

  get batches(): Frame[] {
    return this.frames.filter(({ type }) => type === 'batch')
  }
}

async function open(gamut: Gamut, target: string): Promise<Peer> {
  const isUpgrade = target.includes('as=websocket')
  const reply = await gamut.handle({ ...toHttpRequest(target), isUpgrade })
  const peer = new Peer()
  if (reply.kind === 'upgrade') peer.owner = reply.start(peer)
  else if (reply.kind === 'stream') peer.owner = reply.start(peer)
  else throw new Error(`not held: ${reply.kind}`)
  await turns()
  return peer
}

async function turns(count = 12): Promise<void> {
  for (let n = 0; n < count; n++) await new Promise((resolve) => setImmediate(resolve))
}

function setUp(options: GamutOptions = {}) {
  let samples: readonly Sample[] = []
  const clock = createVirtualClock()
  const metrics = {
    observe: () => {},
    render: async (given: readonly Sample[]) => {
      samples = given
      return { contentType: 'text/plain', text: '' }
    },
  }
  const gamut = createGamut({ authorize: () => true, clock, metrics, ...options })
  onTestFinished(() => gamut.stop())
  const count = async (name: string) => {
    await gamut.scrape()
    return samples.filter((one) => one.name === name).reduce((sum, { value }) => sum + value, 0)
  }
  /** Publishes numbers, one a turn, with 1,000 bytes each. */
  const publish = async (from: number, to: number, channel = 'a', keys = 1) => {
    for (let n = from; n < to; n++) {
      await gamut.publish(channel, { n, pad: 'x'.repeat(1000) }, { key: `k${n % keys}` })
      await turns(3)
    }
  }
  return { gamut, clock, count, publish }
}

const numbers = (peer: Peer) => peer.data.map((data) => (data as { n: number }).n)
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => from + n)

const limits = { unansweredBytes: 8192, heartbeatMs: 1000, stuckMs: 3000 }
const socket = '/channels/a?as=websocket&cursor=newest'
const stream = '/channels/a?as=ndjson&cursor=newest'

describe('a WebSocket whose peer answers no ping (§9, I18)', () => {
  it('is full by what it has not answered for, and gets the rest in order once it answers', async () => {
    const { gamut, publish, count } = setUp(limits)
    const peer = await open(gamut, socket)
    await publish(0, 40)
    expect(peer.bytes).toBeGreaterThanOrEqual(limits.unansweredBytes)
    expect(peer.bytes).toBeLessThan(limits.unansweredBytes + 2000)
    expect(peer.pings).toBe(1)
    expect(await count('gamut_unanswered_bytes')).toBe(peer.bytes)
    for (let n = 0; n < 20; n++) {
      peer.owner?.answered?.()
      await turns()
    }
    expect(numbers(peer)).toEqual(range(0, 40))
  })

  it('is asked once for each half of what it may owe, and never while an answer is owed', async () => {
    const { gamut, publish } = setUp(limits)
    const peer = await open(gamut, socket)
    let owed = 0
    for (let n = 0; n < 40; n++) {
      await publish(n, n + 1)
      if (peer.pings > owed) peer.owner?.answered?.()
      owed = peer.pings
    }
    expect(peer.data).toHaveLength(40)
    expect(peer.pings).toBeLessThanOrEqual(Math.ceil(peer.bytes / (limits.unansweredBytes / 2)))
    expect(peer.pings).toBeGreaterThan(5)
  })

  it('believes no answer to a ping that was not sent', async () => {
    const { gamut, publish } = setUp(limits)
    const peer = await open(gamut, socket)
    for (let n = 0; n < 100; n++) peer.owner?.answered?.()
    await publish(0, 40)
    expect(peer.bytes).toBeLessThan(limits.unansweredBytes + 2000)
  })
})

describe.each([
  ['a WebSocket', socket],
  ['a stream', stream],
])('%s that is full (§9)', (_name, target) => {
  const block = (peer: Peer) => {
    peer.isFull = true
  }

  it('delays no other, and takes no message that it cannot be given', async () => {
    const { gamut, publish, count } = setUp(limits)
    const stalled = await open(gamut, target)
    const others = await Promise.all(range(0, 20).map(() => open(gamut, stream)))
    block(stalled)
    await publish(0, 1)
    const before = stalled.bytes
    for (let n = 1; n < 30; n++) {
      await publish(n, n + 1)
      for (const other of others) expect(numbers(other).at(-1)).toBe(n)
    }
    expect(stalled.bytes).toBe(before)
    expect(await count('gamut_unsent_bytes')).toBeLessThan(100)
  })

  it('goes on from its own place, by what is encoded already', async () => {
    const { gamut, publish, count } = setUp({ ...limits, unansweredBytes: 1e6 })
    const slow = await Promise.all(range(0, 10).map(() => open(gamut, target)))
    const fast = await open(gamut, stream)
    for (const peer of slow) block(peer)
    await publish(0, 30)
    const encodes = await count('gamut_encodes_total')
    for (const peer of slow) peer.drain()
    await turns()
    for (const peer of slow) expect(numbers(peer)).toEqual(range(0, 30))
    expect(numbers(fast)).toEqual(range(0, 30))
    expect(await count('gamut_encodes_total')).toBe(encodes)
  })

  it('is told "slow" with its close code after its time, and resumes from where it stands', async () => {
    const { gamut, publish, clock } = setUp(limits)
    const stuck = await open(gamut, target)
    const other = await open(gamut, stream)
    block(stuck)
    await publish(0, 10)
    await clock.advance(3500)
    expect(stuck.frames.at(-1)).toEqual({ type: 'end', channel: 'a', reason: 'slow' })
    expect(stuck.ending).toEqual({ code: 4004, reason: 'slow' })
    expect([other.ending, gamut.connections]).toEqual([undefined, 2])
    await clock.advance(2000)
    expect([stuck.isCut, gamut.connections]).toEqual([true, 1])
    const cursor = stuck.batches.at(-1)?.cursor
    const again = await open(gamut, `/channels/a?as=ndjson&cursor=${cursor}`)
    expect(again.frames[0]).toMatchObject({ type: 'open', outcome: 'resumed' })
    expect([...numbers(stuck), ...numbers(again)]).toEqual(range(0, 10))
  })

  it('is not ended while it takes something now and then', async () => {
    const { gamut, publish, clock } = setUp({ ...limits, unansweredBytes: 1e6 })
    const slow = await open(gamut, target)
    for (let n = 0; n < 10; n++) {
      block(slow)
      await publish(n, n + 1)
      await clock.advance(2000)
      slow.drain()
      await turns()
    }
    expect([slow.ending, slow.isCut]).toEqual([undefined, false])
    expect(numbers(slow)).toEqual(range(0, 10))
  })

  it('is told a gap when retention has passed it', async () => {
    const { gamut, publish } = setUp({
      ...limits,
      unansweredBytes: 1e6,
      channels: { a: { retention: { count: 5 } } },
    })
    const slow = await open(gamut, target)
    block(slow)
    await publish(0, 20)
    slow.drain()
    await turns()
    expect(slow.frames.filter(({ type }) => type === 'gap')).toMatchObject([{ reason: 'slow' }])
    expect(numbers(slow)).toEqual([0, ...range(15, 20)])
  })

  it('gets of each key only the newest where its channel says so, and is told how many it did not get (I13)', async () => {
    const { gamut, publish } = setUp({
      ...limits,
      unansweredBytes: 1e6,
      channels: { a: { keyed: true, conflate: true } },
    })
    const slow = await open(gamut, `${target}&last=0`)
    block(slow)
    await publish(0, 60, 'a', 3)
    slow.drain()
    await turns()
    const skipped = slow.batches.reduce((sum, batch) => sum + (batch.skipped ?? 0), 0)
    expect(skipped).toBeGreaterThan(40)
    expect(slow.data.length + skipped).toBe(60)
    expect(numbers(slow).slice(-3).sort()).toEqual([57, 58, 59])
  })

  it('counts after its end until its peer has taken the rest, or is cut (I19)', async () => {
    const { gamut, clock } = setUp({ ...limits, maxAgeMs: 10_000 })
    const peers = [await open(gamut, target), await open(gamut, target)]
    await clock.advance(11_500)
    expect(peers.map(({ ending }) => ending !== undefined)).toEqual([true, true])
    expect(gamut.connections).toBe(2)
    peers[0]?.owner?.closed()
    expect(gamut.connections).toBe(1)
    await clock.advance(4000)
    expect([peers[0]?.isCut, peers[1]?.isCut, gamut.connections]).toEqual([false, true, 0])
  })
})
