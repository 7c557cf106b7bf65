import { type ChannelName, isServerChannel, parseChannelName } from '@gamut/protocol'
import { findingsOf, sayFinding, usedPattern } from '../core/advice/findings.js'
import type { Core } from '../core/core.js'
import { take } from '../take.js'
import type { Reply } from '../transports/transport.js'
import { freshJson } from './fresh-json.js'
import { type Query, wholeNumber } from './query.js'

/** Channels of a page where an operator does not say, and at most. */
const defaultLimit = 100
const maxLimit = 1000

/** Four digits are more than was measured. */
const rounded = (_name: string, value: unknown) =>
  typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value

function show(channel: ChannelName, core: Core) {
  const { advice, clock, limits } = core
  const settings = core.settings(channel)
  const standing = advice.of(channel, 0)
  const { chosen, comparison, measured, isProven, since } = standing
  const used = measured && usedPattern(measured)
  const findings = findingsOf(settings, standing)
  return {
    channel,
    declared: settings.followsTraffic ? 'measured' : settings.need,
    ...(measured && { measured }),
    ...(used && { used }),
    advice: {
      pattern: chosen.pattern,
      settings: chosen.settings,
      meets: chosen.meets,
      isProven,
      since: Math.round(clock.now() - (clock.elapsed() - since)),
      need: comparison.need,
    },
    findings: findings.map((finding) => ({ ...finding, text: sayFinding(finding, limits) })),
  }
}

/** The measured channels behind a name, in the order of their names: as many as a page has, and whether there are more. */
function pageOf(core: Core, after: string, limit: number) {
  const names = [...core.traffic.names()].filter((name) => name > after && !isServerChannel(name)).sort()
  return { page: names.slice(0, limit), isMore: names.length > limit }
}

/** `GET /advice`: how channels are used, what was declared, and what fits (PROTOCOL §14). It is what this node has seen. */
export function adviceReply(query: Query, core: Core): Reply {
  const asked = query.get('channel')
  const limit = wholeNumber(query, 'limit', 1, maxLimit) ?? defaultLimit
  const { page, isMore } =
    asked === undefined
      ? pageOf(core, query.get('after') ?? '', limit)
      : { page: [take(parseChannelName(asked))], isMore: false }
  const body = {
    node: core.node,
    channels: page.map((channel) => show(channel, core)),
    ...(isMore && { next: page.at(-1) }),
  }
  return freshJson(200, JSON.parse(JSON.stringify(body, rounded)))
}
