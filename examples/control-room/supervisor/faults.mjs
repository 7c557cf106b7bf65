// @ts-check
import { lanes } from './nodes.mjs'

/** @typedef {import('./nodes.mjs').Node} Node */
/** @typedef {import('./nodes.mjs').Lane} Lane */

/** For how long a fault lasts that nobody mends, in milliseconds: nobody finds the page broken by who has left. */
const lastsMs = 30_000
/** How many events are kept for pages that come late. */
const maxEvents = 100

/**
 * What lasts until it is mended: the lanes that it is about, what becomes of bytes to clients there, and whether what is
 * open ends with its beginning, so that it shows at once.
 * @type {Readonly<Record<string, { lanes: readonly Lane[], toClient?: import('@gamut/testing').LaneFaults, isCut?: boolean }>>}
 */
const lasting = {
  mute: { lanes: ['streams', 'metrics'], toClient: { mute: 'bodies' }, isCut: true },
  strip: { lanes: ['sockets'], isCut: true },
  away: { lanes, isCut: true },
  stall: { lanes: ['metrics'], toClient: { hold: true } },
}

/** What is over in a moment. @type {Readonly<Record<string, (nodes: readonly Node[]) => unknown>>} */
const momentary = {
  cut: (nodes) => {
    for (const node of nodes) node.proxy('sockets').cut()
  },
  token: (nodes) => {
    for (const node of nodes) node.endTokens()
  },
  // One after the other, as it is done where there are several.
  restart: async (nodes) => {
    for (const node of nodes) await node.restart()
  },
  kill: ([, second]) => second?.kill(),
}

/** Everything that can be broken on purpose. */
export const faultNames = [...Object.keys(lasting), ...Object.keys(momentary)]

/** What is broken now, and what has been. */
export class Faults {
  #nodes
  /** When each ends by itself; what is over in a moment has no such time. @type {Map<string, { endsAt?: number, timer?: ReturnType<typeof setTimeout> }>} */
  #active = new Map()
  /** @type {{ id: number, at: number, what: string, name: string }[]} */
  #events = []
  #count = 0

  constructor(/** @type {readonly Node[]} */ nodes) {
    this.#nodes = nodes
  }

  /** Whether something is broken in this way now. */
  has(/** @type {string} */ name) {
    return this.#active.has(name)
  }

  /** Notes what has happened, for the timeline. */
  note(/** @type {string} */ what, /** @type {string} */ name) {
    this.#events.push({ id: ++this.#count, at: performance.now(), what, name })
    if (this.#events.length > maxEvents) this.#events.shift()
  }

  /** All that a page shows. Ages and rests, as its clock may be another. */
  state() {
    const now = performance.now()
    return {
      nodes: this.#nodes.map(({ name, isUp, pid }) => ({ name, isUp, pid })),
      active: [...this.#active].map(([name, { endsAt = now }]) => ({
        name,
        endsInMs: Math.max(0, endsAt - now),
      })),
      events: this.#events.map(({ at, ...event }) => ({ ...event, ageMs: now - at })),
    }
  }

  /** Breaks something. */
  async begin(/** @type {string} */ name) {
    // Of one node none is left to go on by, and of one that has never run there is nothing to break.
    const isPossible =
      this.#nodes.every(({ hasRun }) => hasRun) && (name !== 'kill' || this.#nodes.length > 1)
    if (this.has(name) || !isPossible) return
    this.note('begin', name)
    const once = momentary[name]
    if (once) {
      this.#active.set(name, {})
      await once(this.#nodes)
      this.#active.delete(name)
      return
    }
    const timer = setTimeout(() => this.end(name), lastsMs)
    this.#active.set(name, { endsAt: performance.now() + lastsMs, timer })
    this.#apply()
    if (lasting[name]?.isCut) this.#each(name, (proxy) => proxy.reset())
  }

  /** Mends it. */
  end(/** @type {string} */ name) {
    const fault = this.#active.get(name)
    if (!fault?.timer) return
    clearTimeout(fault.timer)
    this.#active.delete(name)
    this.#apply()
    this.note('end', name)
    // What was lost on the way is not made up for by the same connection: a proxy that is mended has been started anew.
    if (lasting[name]?.toClient?.mute) this.#each(name, (proxy) => proxy.cut())
  }

  /** Mends all of it. */
  endAll() {
    for (const name of this.#active.keys()) this.end(name)
  }

  #each(/** @type {string} */ name, /** @type {(proxy: import('./nodes.mjs').FaultProxy) => void} */ call) {
    for (const node of this.#nodes) for (const lane of lasting[name]?.lanes ?? []) call(node.proxy(lane))
  }

  /** Has every lane suffer what is broken now, and nothing else. */
  #apply() {
    for (const lane of lanes) {
      const faults = Object.entries(lasting).filter(
        ([name, { lanes }]) => this.has(name) && lanes.includes(lane),
      )
      const toClient = Object.assign({}, ...faults.map(([, { toClient }]) => toClient))
      for (const node of this.#nodes) node.proxy(lane).set({ toClient })
    }
  }
}
