import type { ErrorBody } from '@gamut/protocol'
import { type Awaitable, isLater } from '../awaitable.js'
import type { Core } from '../core/core.js'
import { countOpening, openPosition } from '../core/position.js'
import { hashOf } from '../telemetry/pollers.js'
import { answerReply, batchLimit, type ChannelAnswer, unchangedReply, unchangedTag } from './answer.js'
import type { ChannelRead, ReadRequest, Transport } from './transport.js'

async function readChannel(one: ChannelRead, read: ReadRequest, core: Core): Promise<ChannelAnswer> {
  const { channel, settings, position } = one
  const opened = await openPosition(
    // Who polls after a publish was answered must see it, so a poll shares no read from before.
    (from) => core.log.readNow(channel, from, batchLimit(read)),
    position,
    {
      keyed: settings.keyed !== undefined,
      afterGap: read.afterGap,
    },
  )
  countOpening(opened, core.tally)
  return { channel, ...opened }
}

/** Why there is nothing new, for each channel whose source fails; it has had time for its first value then. */
function askSources({ channels }: ReadRequest, core: Core): Awaitable<readonly (ErrorBody | undefined)[]> {
  if (!channels.some(({ settings }) => settings.source)) return []
  return Promise.all(
    channels.map(({ channel, settings }) =>
      core.sources.poll(channel, core.advice.pollAfterMs(channel, settings)),
    ),
  )
}

/** Adds a poll to what is measured of its channels; without answers nothing has changed on any of them. */
function measure(
  { channels, caller, address }: ReadRequest,
  { clock, traffic, tally }: Core,
  answers?: readonly ChannelAnswer[],
): void {
  const now = clock.elapsed()
  const poller = hashOf(caller.identity?.id ?? address)
  for (const [index, { channel }] of channels.entries()) {
    const page = answers?.[index]?.log.page
    const count = page?.count ?? 0
    const known = traffic.of(channel, now)
    const answer = page ? (count > 0 ? 'news' : 'empty') : 'unchanged'
    tally.count('gamut_polls_total', answer)
    known.polled(poller, answer, count, now)
    const offset = page?.newest?.offset
    // Published on another node, and nobody here is told of it.
    if (page && offset !== undefined && offset > known.offset) known.seen(offset, [...page.messages()], now)
  }
}

/** One batch now, or 304. It reads the log and never joins a channel (PROTOCOL §4). */
export const poll: Transport = {
  name: 'poll',
  async open(read, core) {
    const asking = askSources(read, core)
    const errors = isLater(asking) ? await asking : asking
    if (read.known.length > 0 && !errors.some(Boolean)) {
      const found = core.broker.heads(read.channels.map(({ channel }) => channel))
      const tag = unchangedTag(read, isLater(found) ? await found : found)
      if (tag !== undefined) {
        measure(read, core)
        return unchangedReply('poll', read, tag, core)
      }
    }
    const answers = await Promise.all(read.channels.map((one) => readChannel(one, read, core)))
    measure(read, core, answers)
    const told = answers.map((answer, index) => {
      const error = errors[index]
      return error ? { ...answer, error } : answer
    })
    return answerReply('poll', read, told, core)
  },
}
