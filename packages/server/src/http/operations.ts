import type { ChannelName } from '@gamut/protocol'
import type { Caller } from '../core/access/caller.js'
import { followedNeed, transportsOf } from '../core/advice/transports.js'
import type { Core } from '../core/core.js'
import { GamutError } from '../error.js'
import type { Metrics } from '../telemetry/metrics.js'
import type { Reply } from '../transports/transport.js'
import { freshJson } from './fresh-json.js'

/** For how long an advice that follows traffic holds, in milliseconds; spread, so that not all who came together ask and move together. */
function spread({ limits, random }: Core): number {
  return Math.round(limits.adviceAfterMs * (0.75 + random() / 2))
}

/** `GET /channels/{channel}?info`: what a client that knows nothing yet should know (PROTOCOL §15). */
export async function info(channel: ChannelName, caller: Caller, core: Core): Promise<Reply> {
  const settings = core.settings(channel)
  const head = (await core.broker.heads([channel])).get(channel)
  if (!head) throw new GamutError('internal', 'The head of this channel is not known. Try again.', 1000)
  const standing = core.advice.of(channel)
  const body = {
    channel,
    // Who knows an advice from before this node began keeps to it until there is another one.
    ...((standing.isProven || !settings.followsTraffic) && {
      need: followedNeed(settings, standing),
      advised: transportsOf(standing),
    }),
    head: head.head,
    oldest: head.oldest,
    retention: settings.retention,
    keyed: settings.keyed !== undefined,
    ...(Number.isFinite(settings.keyed?.ageMs) && { keyAgeMs: settings.keyed?.ageMs }),
    closed: head.closed,
    pollAfterMs: core.advice.pollAfterMs(channel, settings),
    ...(settings.followsTraffic && { advisedForMs: spread(core) }),
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
