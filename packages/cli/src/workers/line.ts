import type { ChannelName } from '@gamut/protocol'
import type { AppendMessage, AppendOptions, ReadFrom, ReadLimit, StoredBatch } from '@gamut/server'

/** What a worker asks of the broker in the process above it. */
export type Ask =
  | readonly ['append', ChannelName, readonly AppendMessage[], AppendOptions]
  | readonly ['read', ChannelName, ReadFrom, ReadLimit]
  | readonly ['heads', readonly ChannelName[]]
  | readonly ['watch', readonly ChannelName[]]

/** From a worker: what it asks, by a number; channels that it watches no more; or that it has ended. */
export type ToBroker =
  | { readonly id: number; readonly ask: Ask }
  | { readonly unwatch: readonly ChannelName[] }
  | 'close'

/** To a worker: an answer or a failure, by the number of what was asked; what a broker tells its node. */
export type FromBroker =
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly error: string; readonly isUnavailable: boolean }
  | { readonly batch: StoredBatch }
  | { readonly interrupted: string }
  | 'restored'

/** One end of a line between a worker and the process above it. What is sent arrives in order. */
export interface Line<Received> {
  /** Takes JSON, so that what goes to many is encoded once. `taken` is called once it has left this process, or never will. */
  send(texts: readonly string[], taken?: () => void): void
  /** Called once. */
  receive(listener: (items: readonly Received[]) => void): void
}

/** Sends what is said in one turn of the event loop together: a message between processes costs more than what is in it. */
export function gather<Item>(send: (items: readonly Item[]) => void): (item: Item) => void {
  let items: Item[] = []
  return (item) => {
    if (items.push(item) > 1) return
    setImmediate(() => {
      const all = items
      items = []
      send(all)
    })
  }
}
