import type { ChannelName, EndReason, ErrorBody, Gap, Open } from '@gamut/protocol'
import type { Page } from './log/page.js'

/** What a subscription gives to its reader. */
export type Item =
  | { readonly kind: 'open'; readonly open: Open }
  | { readonly kind: 'page'; readonly page: Page; readonly more: boolean }
  | { readonly kind: 'gap'; readonly channel: ChannelName; readonly gap: Gap }
  | { readonly kind: 'error'; readonly channel: ChannelName; readonly error: ErrorBody }

/** Which channel an item is of. */
export function channelOf(item: Item): ChannelName {
  if (item.kind === 'open') return item.open.channel
  return item.kind === 'page' ? item.page.head.channel : item.channel
}

/** Where subscriptions put what a reader shall get: one for all channels of a held response or a WebSocket. */
export interface Sink {
  /**
   * Takes an item. A promise means full: a page was not taken, any other item was, and the subscription waits until it
   * resolves and then goes on from the log at its own cursor. It keeps nothing meanwhile.
   */
  write(item: Item): undefined | Promise<void>
  /** The subscription of a channel is over; nothing of it is written after that. */
  end(channel: ChannelName, reason: EndReason): void
}
