import type { ChannelName, TransportName } from '@gamut/protocol'
import type { ChannelSettings } from '../channels.js'
import type { Caller } from '../core/access/caller.js'
import type { Core } from '../core/core.js'
import { pollAfter } from '../core/poll-pace.js'
import { GamutError } from '../error.js'
import type { Metrics } from '../telemetry/metrics.js'
import type { Reply } from '../transports/transport.js'
import { freshJson } from './fresh-json.js'

/** A staleness that polling meets without being a burden, in milliseconds. */
const pollIsEnoughMs = 10_000

/** Which transports fit a channel's need, best first: three rules, until there is an advisor. */
function advise({ need, source }: ChannelSettings): readonly TransportName[] {
  const isFromClient = need.direction === 'both' || need.direction === 'to-server'
  if (isFromClient && (need.clientMessagesPerSecond ?? 1) >= 0.1)
    return ['websocket', 'sse', 'long-poll', 'poll']
  if ((need.stalenessMs ?? source?.everyMs ?? 0) >= pollIsEnoughMs) return ['poll', 'long-poll', 'sse']
  return ['sse', 'ndjson', 'long-poll', 'poll']
}

/** `GET /channels/{channel}?info`: what a client that knows nothing yet should know (PROTOCOL §15). */
export async function info(channel: ChannelName, caller: Caller, core: Core): Promise<Reply> {
  const settings = core.settings(channel)
  const head = (await core.broker.heads([channel])).get(channel)
  if (!head) throw new GamutError('internal', 'The head of this channel is not known. Try again.', 1000)
  const body = {
    channel,
    need: settings.need,
    advised: advise(settings),
    head: head.head,
    oldest: head.oldest,
    retention: settings.retention,
    keyed: settings.keyed !== undefined,
    closed: head.closed,
    pollAfterMs: pollAfter(channel, settings, core.traffic),
  }
  return freshJson(200, body, caller.ticket ? {} : { 'cache-control': 'private, no-cache' })
}

/** `GET /healthz`: the process answers. */
export function health(): Reply {
  return freshJson(200, { status: 'ok' })
}

/** `GET /readyz`: it takes readers and publishes, or why not. */
export function readiness({ connections, hub, overload }: Core): Reply {
  const { reason } = overload
  const status = connections.draining
    ? 'draining'
    : hub.stale
      ? 'broker unavailable'
      : reason
        ? 'overloaded'
        : 'ready'
  const body = { status, ...(status === 'overloaded' && { reason }) }
  return freshJson(status === 'ready' ? 200 : 503, body)
}

/** `GET /nodes`: which nodes live, as this one knows, and which of them it is (PROTOCOL §14). */
export function nodesReply({ node, nodes, hub }: Core): Reply {
  return freshJson(200, { node, ...(hub.stale && { stale: true }), nodes: nodes.list() })
}

/** All metrics of a node in the format of whichever library the application gave. Throws `not_found` where it gave none. */
export function renderMetrics(metrics: Metrics | undefined, core: Core): ReturnType<Metrics['render']> {
  if (!metrics)
    throw new GamutError('not_found', 'There are no metrics: give createGamut the option "metrics".')
  return metrics.render(core.tally.samples())
}

/** `GET /metrics`. */
export async function metricsReply(metrics: Metrics | undefined, core: Core): Promise<Reply> {
  const { contentType, text } = await renderMetrics(metrics, core)
  const headers = { 'content-type': contentType, 'cache-control': 'no-store' }
  return { kind: 'plain', status: 200, headers, body: text }
}
