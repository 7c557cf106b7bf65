import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { transports } from '@gamut/protocol'
import { createFollower, type Follower, type FollowerEvent, openReader, takeUntil } from '@gamut/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createMemoryBroker } from '../../src/broker/memory.js'
import { createGamut } from '../../src/index.js'
import { type Served, serve } from '../../src/node/index.js'
import { nodeOn, type Store } from '../broker/shared-store.js'

/** Nodes of one store behind one address, which sends each connection to the next node that listens. */
class Cluster {
  readonly #store: Store = { broker: createMemoryBroker({}), nodes: new Set() }
  readonly #nodes: Served[] = []
  readonly #sockets = new Set<Socket>()
  #turn = 0
  origin = ''

  async open(): Promise<void> {
    for (let n = 0; n < 2; n++) this.#nodes.push(await this.#start())
    const balancer = createServer((socket) => this.#pass(socket))
    await new Promise<void>((resolve) => balancer.listen(0, '127.0.0.1', resolve))
    this.origin = `http://127.0.0.1:${(balancer.address() as { port: number }).port}`
    onTestFinished(async () => {
      for (const socket of this.#sockets) socket.destroy()
      balancer.close()
      await Promise.all(this.#nodes.map((node) => node.close()))
      await this.#store.broker.close()
    })
  }

  /** Drains the node that was started first, while another one takes its place. */
  async roll(): Promise<void> {
    const old = this.#nodes[0] as Served
    const closing = old.close()
    this.#nodes.push(await this.#start())
    await closing
    this.#nodes.shift()
  }

  #start(): Promise<Served> {
    const gamut = createGamut({ authorize: () => true, broker: nodeOn(this.#store) })
    return serve(gamut, { port: 0 })
  }

  #pass(socket: Socket): void {
    // A node that drains is still asked: who comes then must be told, not lost.
    const node = this.#nodes[this.#turn++ % this.#nodes.length] as Served
    const upstream = connect(node.port, '127.0.0.1')
    for (const [one, other] of [
      [socket, upstream],
      [upstream, socket],
    ] as const) {
      this.#sockets.add(one)
      one.pipe(other)
      one.on('error', () => other.destroy())
      one.on('close', () => {
        this.#sockets.delete(one)
        other.destroy()
      })
    }
  }
}

/** Publishes until it is stopped; repeats with the same id until it has an answer, and waits as it is told. */
class Publisher {
  readonly acknowledged: string[] = []
  isStopped = false
  readonly done: Promise<void>

  constructor(origin: string, name: string) {
    this.done = this.#run(origin, name)
  }

  async #run(origin: string, name: string): Promise<void> {
    for (let n = 0; !this.isStopped; n++) {
      const id = `${name}-${n}`
      while (!(await this.#publish(origin, id))) await pause(20)
      this.acknowledged.push(id)
      await pause(3)
    }
  }

  async #publish(origin: string, id: string): Promise<boolean> {
    const headers = { 'content-type': 'application/x-ndjson' }
    const body = `${JSON.stringify({ data: id, id })}\n`
    try {
      const response = await fetch(`${origin}/channels/a`, { method: 'POST', headers, body })
      if (response.ok) return true
      const { error } = (await response.json()) as { error: { code: string; retryAfterMs: number } }
      expect(error).toMatchObject({ code: 'draining', retryAfterMs: expect.any(Number) })
      await pause(error.retryAfterMs)
    } catch (error) {
      // The connection was cut before the answer: it is not known whether the message was stored.
      if (!(error instanceof TypeError)) throw error
    }
    return false
  }
}

const offsetsOf = (events: readonly FollowerEvent[]) =>
  events.flatMap((event) => (event.kind === 'message' ? [event.message.offset] : []))

/** How often a reader lost its connection without being told when to come back. */
function untold(events: readonly FollowerEvent[]): number {
  return events.filter((event, at) => {
    if (event.kind !== 'waiting') return false
    const before = events
      .slice(0, at)
      .findLast(({ kind }) => kind === 'reconnect' || kind === 'error' || kind === 'open')
    return before?.kind === 'open'
  }).length
}

describe('a rolling restart under load (§10, I1, I3 to I6, I17)', () => {
  it('loses and repeats nothing on any transport, and tells every held reader when to come back', async () => {
    const cluster = new Cluster()
    await cluster.open()
    const { origin } = cluster
    const followers: Follower[] = transports.flatMap((transport) =>
      Array.from({ length: 3 }, () =>
        createFollower({ origin, channel: 'a', transport, cursor: 'oldest', pollMs: 50, waitSeconds: 5 }),
      ),
    )
    onTestFinished(() => {
      for (const follower of followers) follower.close()
    })
    const reading = followers.map((follower) => takeUntil(follower, ({ kind }) => kind === 'end'))
    const publishers = ['p', 'q', 'r'].map((name) => new Publisher(origin, name))
    const acknowledged = () => publishers.flatMap((publisher) => publisher.acknowledged)
    const more = async () => {
      const before = acknowledged().length
      await expect.poll(() => acknowledged().length, { timeout: 15_000 }).toBeGreaterThan(before + 100)
    }
    for (let round = 0; round < 3; round++) {
      await more()
      await cluster.roll()
    }
    await more()
    for (const publisher of publishers) publisher.isStopped = true
    await Promise.all(publishers.map(({ done }) => done))
    const closed = await fetch(`${origin}/channels/a?close=true`, { method: 'POST' })
    expect(closed.ok).toBe(true)

    const log = await takeUntil(
      openReader('ndjson', { origin, channel: 'a', cursor: 'oldest' }),
      ({ kind }) => kind === 'closed',
    )
    const ids = log.flatMap((event) =>
      event.kind === 'message' ? [JSON.parse(event.message.data ?? '')] : [],
    )
    expect([...ids].sort()).toEqual(acknowledged().sort())
    const all = await Promise.all(reading)
    const expected = offsetsOf(log)
    expect(expected).toHaveLength(ids.length)
    for (const [n, events] of all.entries()) {
      expect(offsetsOf(events), followers[n]?.transport).toEqual(expected)
      expect(events.filter(({ kind }) => kind === 'gap')).toEqual([])
      const opens = events.flatMap((event) => (event.kind === 'open' ? [event.outcome] : []))
      expect(
        opens.slice(1).every((outcome) => outcome === 'resumed'),
        opens.join(),
      ).toBe(true)
    }
    const held = all.filter((_events, n) =>
      ['sse', 'ndjson', 'websocket'].includes(followers[n]?.transport ?? ''),
    )
    expect(held.map(untold)).toEqual(held.map(() => 0))
    expect(held.some((events) => events.some(({ kind }) => kind === 'reconnect'))).toBe(true)
  }, 60_000)
})
