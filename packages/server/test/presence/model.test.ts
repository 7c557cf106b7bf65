import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Reading } from '../tenure/rig.js'
import { createNodes, leaseMs } from './rig.js'

type Nodes = ReturnType<typeof createNodes>
type Node = Nodes['nodes'][number]

const nodeCount = 3

type Step =
  | { readonly do: 'enter' | 'poll' | 'poll-leave'; readonly node: number; readonly device: string }
  | { readonly do: 'close' | 'leave' | 'restate'; readonly socket: number }
  | { readonly do: 'cut' | 'mend' | 'kill' | 'return'; readonly node: number }
  | { readonly do: 'pass'; readonly seconds: number }

const node = fc.nat(nodeCount - 1)
const device = fc.constantFrom('a', 'b', 'c')
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('enter' as const), node, device }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('poll', 'poll-leave'), node, device }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom('close', 'leave', 'restate'), socket: fc.nat(20) }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('cut', 'mend', 'kill', 'return'), node }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('pass' as const), seconds: fc.integer({ min: 1, max: 50 }) }),
  },
)

interface Socket {
  readonly place: Place
  readonly device: string
  readonly wire: Reading
  /** It was told that it is there. */
  isIn: boolean
}

/** One node of the cluster at a time: another one once it has died and come back. */
interface Place {
  readonly node: Node
  isDead: boolean
  isCut: boolean
  /** Since when it has seen the store, by the clock. */
  seesSince: number
}

/** What a reader of NDJSON has put together of who is there. */
function mapOf({ text }: Reading): string[] {
  const map = new Map<string, unknown>()
  for (const line of text.split('\n').filter(Boolean)) {
    const frame = JSON.parse(line)
    if (frame.type === 'open' && frame.outcome === 'snapshot') map.clear()
    for (const { key, data, deleted } of frame.messages ?? []) {
      if (deleted) map.delete(key)
      else map.set(key, data)
    }
  }
  return [...map.keys()].sort()
}

/** The cluster, those who are there, and what they should see. */
class World {
  readonly #nodes: Nodes = createNodes(0, { maxAgeMs: 2 ** 31 - 1 })
  readonly places: Place[] = Array.from({ length: nodeCount }, () => this.#start())
  sockets: Socket[] = []
  refs = 1

  #start(): Place {
    return { node: this.#nodes.make(), isDead: false, isCut: false, seesSince: this.#nodes.clock.elapsed() }
  }

  get any(): Node {
    return (this.places.find(({ isDead, isCut }) => !isDead && !isCut) as Place).node
  }

  async settle(): Promise<void> {
    await this.#nodes.clock.advance(0)
    for (let n = 0; n < 24; n++) await new Promise((resolve) => setImmediate(resolve))
  }

  async pass(seconds: number): Promise<void> {
    for (let n = 0; n < seconds; n++) await this.#nodes.clock.advance(1000)
    await this.settle()
  }

  async run(step: Step): Promise<void> {
    if (step.do === 'pass') await this.pass(step.seconds)
    else if ('socket' in step) this.#bySocket(step.do, this.sockets[step.socket % this.sockets.length])
    else if ('device' in step) await this.#byDevice(step.do, this.places[step.node] as Place, step.device)
    else this.#byNode(step.do, step.node)
    await this.settle()
  }

  async #byDevice(what: 'enter' | 'poll' | 'poll-leave', place: Place, device: string): Promise<void> {
    if (place.isDead) return
    if (what === 'enter') {
      const wire = await place.node.open('/connect', { token: 'ann' })
      const socket: Socket = { place, device, wire, isIn: false }
      this.sockets.push(socket)
      await this.#say(socket, this.refs)
    } else void place.node.poll('ann', device, what === 'poll' ? 0 : null).catch(() => {})
  }

  /** Says it as a client does, which says it again where that failed. */
  async #say(socket: Socket, state: number | null): Promise<void> {
    const ref = ++this.refs
    socket.wire.text = ''
    socket.wire.send({ type: 'presence', ref, channel: 'chat', device: socket.device, state })
    await this.settle()
    // Who wants to leave is kept no more, also where that cannot be stored: the lease ends.
    if (state === null) socket.isIn = false
    else if (socket.wire.text.includes(`{"type":"ok","ref":${ref}}`)) socket.isIn = true
  }

  #bySocket(what: 'close' | 'leave' | 'restate', socket: Socket | undefined): void {
    if (!socket) return
    if (what === 'restate') void this.#say(socket, this.refs)
    else if (what === 'leave') void this.#say(socket, null)
    else {
      socket.wire.owner?.closed()
      this.sockets = this.sockets.filter((one) => one !== socket)
    }
  }

  #byNode(what: 'cut' | 'mend' | 'kill' | 'return', index: number): void {
    const place = this.places[index] as Place
    // One at least sees the store.
    const others = this.places.filter((one) => one !== place && !one.isDead && !one.isCut)
    if (what === 'return' && place.isDead) this.places[index] = this.#start()
    if (place.isDead || what === 'return') return
    if (what === 'mend' && place.isCut) {
      place.isCut = false
      place.seesSince = this.#nodes.clock.elapsed()
      place.node.mend()
    }
    if (what === 'mend' || others.length === 0) return
    place.node.cut()
    place.isCut = true
    place.isDead = what === 'kill'
    if (place.isDead) this.sockets = this.sockets.filter((one) => one.place !== place)
  }

  /** Who is held by a node that has seen the store for a while. */
  held(forMs: number): string[] {
    const now = this.#nodes.clock.elapsed()
    const sure = this.sockets.filter(
      ({ isIn, place }) => isIn && !place.isCut && now - place.seesSince >= forMs,
    )
    return [...new Set(sure.map(({ device }) => `ann/${device}`))]
  }

  async heal(): Promise<void> {
    for (const [index, { isDead }] of this.places.entries()) this.#byNode(isDead ? 'return' : 'mend', index)
    await this.settle()
  }

  async present(): Promise<string[]> {
    return (await this.any.present()).map((text) => text.slice(0, text.indexOf('='))).sort()
  }
}

describe('who is there, whatever happens to nodes and their way to the store (§11)', () => {
  it('is everybody who is held, always, and nobody else in the end', { timeout: 120_000 }, async () => {
    const property = fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
      const world = new World()
      await world.settle()
      for (const one of steps) {
        await world.run(one)
        expect(await world.present()).toEqual(expect.arrayContaining(world.held(3000)))
      }
      await world.heal()
      const readings = await Promise.all(
        world.places.map((place) => place.node.open('/channels/$presence/chat?as=ndjson', { token: 'bob' })),
      )
      await world.pass((2 * leaseMs) / 1000 + 15)
      expect(await world.present()).toEqual(world.held(0).sort())
      for (const reading of readings) expect(mapOf(reading)).toEqual(world.held(0).sort())
      await Promise.all(world.places.map(({ node: one }) => one.gamut.stop()))
    })
    await fc.assert(property, { numRuns: 120 })
  })
})
