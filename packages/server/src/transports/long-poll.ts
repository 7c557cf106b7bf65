import type { ChannelName } from '@gamut/protocol'
import type { Caller } from '../core/caller.js'
import type { Held } from '../core/connections.js'
import type { Core } from '../core/core.js'
import type { LogPage } from '../core/log-reader.js'
import { Page } from '../core/page.js'
import type { Opened } from '../core/position.js'
import type { Item, Sink } from '../core/sink.js'
import type { Subscription } from '../core/subscription.js'
import { GamutError } from '../error.js'
import { answerReply, type ChannelAnswer, unchangedReply, unchangedTag } from './answer.js'
import { subscribe } from './subscribe.js'
import { errorReply, type PlainReply, type ReadRequest, type Reply, type Transport } from './transport.js'

/** Whether there is something to tell at once: anything of one channel, or the end of all of them. */
function isNews(answers: readonly Pick<Opened, 'outcome' | 'log'>[]): boolean {
  const isOver = answers.every(({ log }) => log.closed && !log.more)
  return (
    isOver ||
    answers.some(({ outcome, log }) => log.page.count > 0 || outcome === 'gap' || outcome === 'snapshot')
  )
}

/** A parked long-poll: waits for the first item of any of its channels. */
class Parked implements Held {
  readonly transport = 'long-poll'
  readonly caller: Caller
  /** Something was told; else the wait came to its end. */
  hasNews = false
  /** Every channel has said how it opened. */
  isBegun = false
  readonly answers: Map<ChannelName, ChannelAnswer>
  readonly settled: Promise<PlainReply | undefined>
  #settle: (refusal?: PlainReply) => void = () => {}

  constructor(caller: Caller, answers: readonly ChannelAnswer[]) {
    this.caller = caller
    this.answers = new Map(answers.map((answer) => [answer.channel, answer]))
    this.settled = new Promise((resolve) => {
      this.#settle = resolve
    })
  }

  reconnect(afterMs: number): void {
    const error = new GamutError(
      'draining',
      'This node is about to end. Ask again as told; another may answer.',
      afterMs,
    )
    this.#settle(errorReply(error))
  }

  /** Its answer would come too late to be of use: it goes on with the next one. */
  expires(): void {}

  /** Whoever answers sees that the caller's time is over. */
  expel(): void {
    this.#settle()
  }

  done(): void {
    this.#settle()
  }

  /** Takes an item of a channel, or its end. A page is the answer: the channel is then full for good. */
  take(channel: ChannelName, item: Item | undefined): undefined | Promise<void> {
    const answer = this.answers.get(channel)
    if (!answer) return undefined
    if (item?.kind === 'page' && answer.log.page.count > 0) return new Promise(() => {})
    this.answers.set(channel, { ...answer, ...changes(answer.log, item) })
    // An end or an error that was there before is not news: an answer to it would be asked for again at once.
    const isEnd = item === undefined && !answer.log.closed
    const isError = item?.kind === 'error' && this.isBegun
    if (isEnd || isError || isNews([...this.answers.values()])) {
      this.hasNews = true
      this.#settle()
    }
    return undefined
  }
}

/** What an item changes in a channel's answer; no item is the channel's end. */
function changes(log: LogPage, item: Item | undefined): Partial<ChannelAnswer> {
  if (item === undefined) return { log: { ...log, closed: true } }
  if (item.kind === 'error') return { error: item.error }
  if (item.kind === 'page') {
    return { log: { ...log, page: item.page, more: item.more, head: item.page.head.cursor } }
  }
  if (item.kind === 'gap') {
    const { channel, gap } = item
    const page = new Page({ channel, after: gap.cursor, cursor: gap.cursor }, [])
    return { outcome: 'gap', gap, log: { ...log, page, head: gap.cursor } }
  }
  const { outcome, reason } = item.open
  return { outcome, ...(reason && { reason }) }
}

async function wait(
  read: ReadRequest,
  core: Core,
  parked: Parked,
  subscriptions: readonly Subscription[],
): Promise<PlainReply> {
  core.connections.add(parked)
  const stop = core.clock.after(read.waitMs, () => parked.done())
  const forget = read.onGone(() => parked.done())
  for (const subscription of subscriptions) subscription.begin()
  parked.isBegun = true
  core.tenure.hold(parked)
  try {
    const refusal = await parked.settled
    return refusal ?? reply(read, [...parked.answers.values()], core)
  } finally {
    stop()
    forget()
    core.tenure.release(parked)
    core.connections.remove(parked)
  }
}

function reply(read: ReadRequest, answers: readonly ChannelAnswer[], core: Core): PlainReply {
  const isEmpty = answers.every(({ log }) => log.page.count === 0)
  const { headers, ...rest } = answerReply('long-poll', read, answers, core)
  return {
    ...rest,
    headers: {
      ...headers,
      ...(isEmpty && { 'cache-control': 'no-store' }),
      ...(read.isPreferred && { 'preference-applied': `wait=${read.waitMs / 1000}` }),
    },
  }
}

/** A reader that names an answer it has, which is still the newest, waits for what follows that (PROTOCOL §4). */
async function waitFromKnown(read: ReadRequest, core: Core): Promise<{ read: ReadRequest; tag?: string }> {
  if (read.known.length === 0) return { read }
  const heads = await core.broker.heads(read.channels.map(({ channel }) => channel))
  const tag = unchangedTag(read, heads)
  if (tag === undefined) return { read }
  const channels = read.channels.map((one) => ({
    ...one,
    position: { cursor: heads.get(one.channel)?.head ?? '' },
  }))
  return { read: { ...read, channels }, tag }
}

/**
 * A tag says only whether to wait: the answer is what the URL itself asks for, or caches would keep a part of it as the
 * whole.
 */
function answerKnown(asked: ReadRequest, tag: string, hasNews: boolean, core: Core): Promise<Reply> | Reply {
  return hasNews ? longPoll.open({ ...asked, known: [], waitMs: 0 }, core) : unchangedReply(asked, tag, core)
}

/** The first batch, as soon as there is one, or at the deadline an empty one (PROTOCOL §4). */
export const longPoll: Transport = {
  name: 'long-poll',
  async open(asked, core) {
    core.connections.admit()
    const { read, tag } = await waitFromKnown(asked, core)
    let parked: Parked | undefined
    const subscriptions = read.channels.map((one) => {
      const sink: Sink = {
        write: (item) => parked?.take(one.channel, item),
        end: () => parked?.take(one.channel, undefined),
      }
      return subscribe(one, read, sink, core)
    })
    try {
      const opened = await Promise.all(subscriptions.map((subscription) => subscription.open()))
      const answers = opened.map((one, index) => ({
        channel: subscriptions[index]?.options.channel as ChannelName,
        ...one,
      }))
      const hasNews = isNews(opened)
      if (hasNews || read.waitMs === 0) {
        return tag === undefined ? reply(read, answers, core) : answerKnown(asked, tag, hasNews, core)
      }
      parked = new Parked(read.caller, answers)
      const answer = await wait(read, core, parked, subscriptions)
      return tag === undefined || answer.status !== 200
        ? answer
        : answerKnown(asked, tag, parked.hasNews, core)
    } finally {
      for (const subscription of subscriptions) subscription.end()
    }
  },
}
