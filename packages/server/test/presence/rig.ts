import { createVirtualClock, type VirtualClock } from '@gamut/testing'
import {
  type Broker,
  type BrokerListener,
  BrokerUnavailable,
  createMemoryBroker,
  type GamutOptions,
} from '../../src/index.js'
import { nodeOn, type Store } from '../broker/shared-store.js'
import { createTenureRig } from '../tenure/rig.js'

/** A lease where nothing else is said: three heartbeats. */
export const leaseMs = 45_000

/** A node whose callers are ann, ann's second token, and bob, and who is there on `chat` by it. */
export function createPresenceRig(options: GamutOptions = {}) {
  const rig = createTenureRig(options)
  rig.known.set('ann', { id: 'ann', token: 'ann-1' })
  rig.known.set('bob', { id: 'bob' })
  const { clock, gamut, open, turns } = rig

  /** A WebSocket of somebody that has said how a device is there. */
  const enter = async (token: string, device: string, state: unknown = 'here', channel = 'chat') => {
    const socket = await open('/connect', { token })
    socket.send({ type: 'presence', ref: 1, channel, device, state })
    await turns()
    return socket
  }
  return {
    ...rig,
    enter,
    /** A poll by which somebody says it. */
    poll: (token: string, device: string, state: unknown = 'here') =>
      rig.ask(
        `/channels/chat?as=poll&presence=${device}&state=${encodeURIComponent(JSON.stringify(state))}`,
        {
          token,
        },
      ),
    /** Who is there, as text. */
    present: async (channel = 'chat') =>
      (await gamut.presence(channel)).map(
        ({ identity, device, state }) => `${identity}/${device}=${JSON.stringify(state)}`,
      ),
    /** Lets time pass, in steps in which everything settles. */
    pass: async (ms: number) => {
      for (let left = ms; left > 0; left -= 1000) await clock.advance(Math.min(1000, left))
      await turns()
    },
  }
}

/** A node's way to a store, which can be cut and mended; cut for good it is a node that died. */
function cuttable(inner: Broker) {
  let isCut = false
  let lost: string | undefined
  let listener: BrokerListener | undefined
  const reach = () => {
    if (isCut) throw new BrokerUnavailable('This node is cut off.')
    return inner
  }
  const broker: Broker = {
    start: async (given, settings) => {
      listener = given
      await inner.start(
        {
          onBatch: (batch) => {
            if (batch.channel === lost) lost = undefined
            else if (!isCut) given.onBatch(batch)
          },
          onInterrupted: (reason) => given.onInterrupted(reason),
          onRestored: () => given.onRestored(),
        },
        settings,
      )
    },
    append: async (...append) => reach().append(...append),
    read: async (...read) => reach().read(...read),
    heads: async (channels) => reach().heads(channels),
    watch: async (channels) => reach().watch(channels),
    unwatch: (channels) => inner.unwatch(channels),
    close: () => inner.close(),
  }
  return {
    broker,
    /** The next announcement of a channel gets lost on its way. */
    lose: (channel: string) => {
      lost = channel
    },
    cut: () => {
      if (!isCut) listener?.onInterrupted('cut off')
      isCut = true
    },
    mend: () => {
      if (isCut) {
        isCut = false
        listener?.onRestored()
      }
    },
  }
}

/** Nodes that share a store, by one clock, and can each be cut off from it. */
export function createNodes(count: number, options: GamutOptions = {}) {
  const clock: VirtualClock = createVirtualClock()
  const store: Store = { broker: createMemoryBroker({ clock }), nodes: new Set() }
  const make = (own: GamutOptions = {}) => {
    const { broker, ...faults } = cuttable(nodeOn(store))
    return { ...createPresenceRig({ clock, broker, ...options, ...own }), ...faults }
  }
  return { clock, make, nodes: Array.from({ length: count }, () => make()) }
}
