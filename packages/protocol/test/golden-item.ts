import {
  type Batch,
  type ChannelName,
  type Codec,
  type EndReason,
  type ErrorBody,
  formatFrame,
  formatPadding,
  formatSetPosition,
  type Gap,
  type Opening,
  type ServerFrame,
} from '../src/index.js'

/** What a golden text says; exactly one of the fields is there. */
export interface GoldenItem {
  readonly frame?: Exclude<ServerFrame, { type: 'batch' }>
  readonly open?: Opening
  readonly batch?: Batch
  readonly gap?: { readonly channel: ChannelName; readonly gap: Gap }
  readonly end?: { readonly channel: ChannelName; readonly reason: EndReason }
  readonly error?: { readonly channel?: ChannelName; readonly error: ErrorBody }
  readonly auth?: { readonly expiresInMs: number }
  readonly heartbeat?: { readonly stale: boolean }
  readonly reconnect?: { readonly afterMs: number }
  readonly position?: string
  readonly padding?: number
}

/** A batch as a server frames it: its entries one by one between `before` and `after`. */
export function encodeBatch(codec: Codec, batch: Batch): string {
  const entries = batch.messages.map((message) => codec.entry(batch, message))
  return codec.before(batch) + entries.join(codec.separator) + codec.after(batch)
}

/** The text of a golden item in a codec. */
export function encodeItem(codec: Codec, item: GoldenItem): string {
  if (item.frame) return formatFrame(item.frame)
  if (item.open) return codec.open(item.open)
  if (item.batch) return encodeBatch(codec, item.batch)
  if (item.gap) return codec.gap(item.gap.channel, item.gap.gap)
  if (item.end) return codec.end(item.end.channel, item.end.reason)
  if (item.error) return codec.error(item.error.error, item.error.channel)
  if (item.auth) return codec.auth(item.auth.expiresInMs)
  if (item.heartbeat) return codec.heartbeat(item.heartbeat.stale)
  if (item.reconnect) return codec.reconnect(item.reconnect.afterMs)
  if (item.position !== undefined) return formatSetPosition(item.position)
  if (item.padding !== undefined) return formatPadding(item.padding)
  throw new Error(`An item of no known kind: ${JSON.stringify(item)}`)
}

/** The text that a peer gets: UTF-8 has no lone surrogates. */
export function overTheWire(text: string): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(new TextEncoder().encode(text))
}
