import type { Core } from '../core/core.js'
import type { Sink } from '../core/sink.js'
import { Subscription } from '../core/subscription.js'
import type { HeldTransport } from '../telemetry/channel-traffic.js'
import { batchLimit } from './answer.js'
import type { ChannelRead, ReadRequest } from './transport.js'

/** How a reader takes a channel, apart from the channel itself. */
export type ReadStyle = Pick<ReadRequest, 'limit' | 'afterGap' | 'maxRate'> & {
  readonly transport: HeldTransport
}

/** A subscription of one channel of a read, not opened yet. */
export function subscribe(
  { channel, settings, position }: ChannelRead,
  style: ReadStyle,
  sink: Sink,
  core: Core,
): Subscription {
  const { afterGap, maxRate, transport } = style
  const options = {
    channel,
    position,
    limit: batchLimit(style),
    keyed: settings.keyed !== undefined,
    afterGap,
    conflate: settings.conflate,
    maxRate,
    transport,
  }
  return new Subscription(options, sink, core)
}
