import type { ChannelName, EndReason } from '@gamut/protocol'
import type { Caller } from '../core/access/caller.js'
import type { Core } from '../core/core.js'
import type { Held, HeldRead } from '../core/held.js'
import type { LogPage } from '../core/log/log-reader.js'
import { Page } from '../core/log/page.js'
import type { Opened } from '../core/position.js'
import { toRefusal } from '../core/refusal.js'
import { channelOf, type Item, type Sink } from '../core/sink.js'
import type { Subscription } from '../core/subscription.js'
import type { Reader } from '../core/trace/event.js'
import type { Waiting } from '../core/wheel.js'
import { GamutError } from '../error.js'
import { answerReply, type ChannelAnswer, readerOf, unchangedReply, unchangedTag } from './answer.js'
import { subscribe } from './subscribe.js'
import {
  type ChannelRead,
  errorReply,
  type ParkedOwner,
  type PlainReply,
  type ReadRequest,
  type Reply,
  statusOf,
  type Transport,
} from './transport.js'

/** Whether there is something to tell at once: anything of one channel, or the end of all of them. */
function isNews(answers: readonly Pick<Opened, 'outcome' | 'log'>[]): boolean {
  const isOver = answers.every(({ log }) => log.closed && !log.more)
  return (
    isOver ||
    answers.some(({ outcome, log }) => log.page.count > 0 || outcome === 'gap' || outcome === 'snapshot')
  )
}

/** A long-poll: its channels, and what it will answer. Parked it waits for the first item, and keeps nothing of its request. */
class LongPoll implements Held, ParkedOwner, Sink, Waiting {
  readonly transport = 'long-poll'
  readonly state = 'live'
  readonly unsentBytes = 0
  readonly unansweredBytes = 0
  readonly deliveries = 0
  readonly caller: Caller
  readonly address: string
  readonly #asked: ReadRequest
  readonly #read: ReadRequest
  readonly #tag: string | undefined
  readonly #core: Core
  readonly #subscriptions: readonly Subscription[]
  #answers: ChannelAnswer[] = []
  /** Something was told; else the wait came to its end. */
  #hasNews = false
  #refusal: PlainReply | undefined
  /** Parked: an answer is owed, and every channel has said how it opened. */
  #send: ((answer: PlainReply) => void) | undefined
  #isParked = false
  #isBegun = false
  step: number | undefined
  /** Why it is held no longer. */
  #reason = 'answered'

  /** `read` is what is waited for; its tag says that `asked` is known up to there. */
  constructor(asked: ReadRequest, { read, tag }: { read: ReadRequest; tag?: string }, core: Core) {
    this.caller = asked.caller
    this.address = asked.address
    this.#asked = asked
    this.#read = read
    this.#tag = tag
    this.#core = core
    this.#subscriptions = read.channels.map((one) =>
      subscribe(one, { ...read, transport: 'long-poll' }, this, core),
    )
  }

  /** Answers where there is something to tell, and parks where not. Rejects if the broker is away. */
  async open(): Promise<Reply> {
    try {
      const opened = await Promise.all(this.#subscriptions.map((subscription) => subscription.open()))
      this.#answers = opened.map((one, index) => ({ channel: this.#channel(index), ...one }))
      this.#hasNews = isNews(opened)
      if (!this.#hasNews && this.#read.waitMs > 0) {
        this.#isParked = true
        return { kind: 'parked', start: (send) => this.#park(send) }
      }
      return await this.#answer()
    } finally {
      if (!this.#isParked) this.#leave()
    }
  }

  get reader(): Reader {
    return readerOf('long-poll', this.#asked)
  }

  reads(channel: ChannelName): HeldRead | undefined {
    const answer = this.#answers.find((one) => one.channel === channel)
    if (!answer) return undefined
    return { reader: this.reader, cursor: answer.log.page.head.cursor }
  }

  /** What it is given is noted as its answer. */
  trace(): void {}

  reconnect(afterMs: number): void {
    const message = 'This node is about to end. Ask again as told; another may answer.'
    this.#refusal = errorReply(new GamutError('draining', message, afterMs))
    this.#reason = 'draining'
    this.#settle()
  }

  get channels(): readonly ChannelName[] {
    return this.#read.channels.map(({ channel }) => channel)
  }

  /** Its answer is all that it is told. */
  beat(): void {}

  /** Its answer would come too late to be of use: it goes on with the next one. */
  expires(): void {}

  /** Whoever answers sees that the caller's time is over. */
  expel(): void {
    this.#settle()
  }

  /** The wait comes to its end. */
  due(): void {
    this.#settle()
  }

  write(item: Item): undefined | Promise<void> {
    return this.#take(channelOf(item), item)
  }

  end(channel: ChannelName, _reason: EndReason): void {
    void this.#take(channel, undefined)
  }

  closed(): void {
    this.#reason = 'gone'
    this.#settle()
  }

  #channel(index: number): ChannelName {
    return (this.#read.channels[index] as ChannelRead).channel
  }

  #park(send: (answer: PlainReply) => void): ParkedOwner {
    const { connections, wheel } = this.#core
    this.#send = send
    connections.add(this)
    this.#asked.entered?.keep(this)
    wheel.set(this, this.#read.waitMs)
    for (const subscription of this.#subscriptions) subscription.begin()
    this.#isBegun = true
    this.#core.tenure.hold(this)
    return this
  }

  /** Takes an item of a channel, or its end. A page is the answer: the channel is then full for good. */
  #take(channel: ChannelName, item: Item | undefined): undefined | Promise<void> {
    const index = this.#answers.findIndex((one) => one.channel === channel)
    const answer = this.#answers[index]
    if (!answer || this.#refusal) return undefined
    if (item?.kind === 'page' && answer.log.page.count > 0) return new Promise(() => {})
    this.#answers[index] = { ...answer, ...changes(answer.log, item) }
    // An end or an error that was there before is not news: an answer to it would be asked for again at once.
    const isEnd = item === undefined && !answer.log.closed
    const isError = item?.kind === 'error' && this.#isBegun
    if (isEnd || isError || isNews(this.#answers)) {
      this.#hasNews = true
      this.#settle()
    }
    return undefined
  }

  #settle(): void {
    const send = this.#send
    if (!send) return
    this.#send = undefined
    // Not at once: what the other channels bring in this turn belongs to the answer.
    void Promise.resolve()
      .then(() => {
        this.#leave()
        return this.#refusal ?? this.#answer()
      })
      .then((answer) => {
        this.#core.tenure.check(this.caller, this.channels)
        return answer
      })
      .catch((error: unknown) => errorReply(toRefusal(error, this.#core)))
      .then((answer) => {
        this.#core.tally.count('gamut_requests_total', 'read', 'long-poll', statusOf(answer))
        send(answer)
      })
  }

  /**
   * A tag says only whether to wait: the answer is what the URL itself asks for, or caches would keep a part of it as
   * the whole.
   */
  async #answer(): Promise<PlainReply> {
    if (this.#tag === undefined) return reply(this.#read, this.#answers, this.#core)
    if (!this.#hasNews) return unchangedReply('long-poll', this.#asked, this.#tag, this.#core)
    const again = new LongPoll(this.#asked, { read: { ...this.#asked, known: [], waitMs: 0 } }, this.#core)
    return again.#now()
  }

  async #now(): Promise<PlainReply> {
    const answer = await this.open()
    if (answer.kind !== 'plain') throw new Error('a long-poll that waits for nothing was parked')
    return answer
  }

  #leave(): void {
    this.#core.wheel.unset(this)
    for (const subscription of this.#subscriptions) subscription.end()
    this.#core.tenure.release(this)
    this.#core.presence.release(this, this.#reason)
    this.#core.connections.remove(this, this.#reason)
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

/** The first batch, as soon as there is one, or at the deadline an empty one (PROTOCOL §4). */
export const longPoll: Transport = {
  name: 'long-poll',
  async open(asked, core) {
    return new LongPoll(asked, await waitFromKnown(asked, core), core).open()
  },
}
