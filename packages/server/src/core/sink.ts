import type { ChannelName, EndReason, ErrorBody, Gap, Open } from '@gamut/protocol'
import type { Page } from './page.js'

/** What a subscription gives to its reader. */
export type Item =
  | { readonly kind: 'open'; readonly open: Open }
  | { readonly kind: 'page'; readonly page: Page; readonly more: boolean }
  | { readonly kind: 'gap'; readonly channel: ChannelName; readonly gap: Gap }
  | { readonly kind: 'error'; readonly channel: ChannelName; readonly error: ErrorBody }

/** Where a subscription puts what its reader shall get: one held response, or one lane of a WebSocket. */
export interface Sink {
  /**
   * Takes an item. A promise means full: a page was not taken, any other item was, and the subscription waits until it
   * resolves and then goes on from the log at its own cursor. It keeps nothing meanwhile.
   */
  write(item: Item): undefined | Promise<void>
  /** The subscription is over; nothing is written after it. */
  end(reason: EndReason): void
}
