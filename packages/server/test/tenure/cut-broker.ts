import { type Broker, type BrokerListener, BrokerUnavailable } from '../../src/index.js'

/** A node's way to a store, which can be cut: what is announced then is lost, and what is asked is refused. */
export interface CutBroker extends Broker {
  /** It is cut, and the node is told. */
  cut(): void
  /** It is whole again, and the node is not told yet. */
  mend(): void
  /** The node is told. */
  restore(): void
  /** What is asked of a channel's log waits until `release`. */
  hold(channel: string): void
  release(): void
}

/** Puts a way before a broker. */
export function createCutBroker(inner: Broker): CutBroker {
  let listener: BrokerListener | undefined
  let isCut = false
  let held: { readonly channel: string; readonly over: Promise<void> } | undefined
  let release = () => {}
  const reach = () => {
    if (isCut) throw new BrokerUnavailable('cut')
    return inner
  }
  return {
    start: (own, settings) => {
      listener = own
      const onBatch: BrokerListener['onBatch'] = (batch) => {
        if (!isCut) own.onBatch(batch)
      }
      return inner.start({ ...own, onBatch }, settings)
    },
    append: async (...given) => reach().append(...given),
    read: async (...given) => {
      if (held?.channel === given[0]) await held.over
      return reach().read(...given)
    },
    heads: async (channels) => reach().heads(channels),
    watch: async (channels) => reach().watch(channels),
    unwatch: (channels) => inner.unwatch(channels),
    close: () => inner.close(),
    cut: () => {
      isCut = true
      listener?.onInterrupted('cut')
    },
    mend: () => {
      isCut = false
    },
    restore: () => listener?.onRestored(),
    hold: (channel) => {
      held = {
        channel,
        over: new Promise((done) => {
          release = done
        }),
      }
    },
    release: () => release(),
  }
}
