import {
  type AnswerHead,
  type ChannelName,
  type Cursor,
  formatAnswer,
  formatSetCursor,
  frameCodec,
  type Outcome,
  type TransportName,
} from '@gamut/protocol'
import type { Head, ReadLimit } from '../broker/broker.js'
import type { Core } from '../core/core.js'
import { maxBatch } from '../core/log/live-channel.js'
import type { Opened } from '../core/position.js'
import type { Reader } from '../core/trace/event.js'
import { toGiven } from '../core/trace/watch.js'
import { presencePaceMs } from '../own-channels.js'
import {
  type ChannelRead,
  jsonReply,
  type PlainReply,
  type ReadRequest,
  type ReplyHeaders,
} from './transport.js'

const decoder = new TextDecoder()

/** What one channel has to answer. */
export interface ChannelAnswer extends Opened {
  readonly channel: ChannelName
  readonly error?: object
}

/** How much one batch of this read may hold; the channels of a set share its bytes. */
export function batchLimit({
  limit,
  channels,
}: Pick<ReadRequest, 'limit'> & Partial<ReadRequest>): ReadLimit {
  const isUsual = limit === maxBatch.count && (channels?.length ?? 1) <= 1
  // Ten thousand idle readers share one (I18).
  if (isUsual) return maxBatch
  return { count: limit, bytes: Math.floor(maxBatch.bytes / Math.max(1, channels?.length ?? 1)) }
}

/** When a poller shall come again; who is there by polls comes in time to stay so. */
function paceOf(
  { channel, settings }: Pick<ChannelRead, 'channel' | 'settings'>,
  entered: ReadRequest['entered'],
  core: Core,
): number {
  const pace = core.advice.pollAfterMs(channel, settings)
  return entered ? Math.min(pace, presencePaceMs(settings, core.limits)) : pace
}

function answerHead(
  { channel, outcome, gap, reason, log, error }: ChannelAnswer,
  { entered }: ReadRequest,
  core: Core,
): AnswerHead {
  const { page, more, closed } = log
  return {
    channel,
    outcome,
    ...(gap && { gap }),
    ...(reason && { reason }),
    cursor: page.head.cursor,
    more,
    closed,
    pollAfterMs: more ? 0 : paceOf({ channel, settings: core.settings(channel) }, entered, core),
    ...(page.head.skipped && { skipped: page.head.skipped }),
    ...(page.head.snapshotEnd && { snapshotEnd: true }),
    ...(error && { error }),
  }
}

/** What identifies an answer: cursor, outcome, `more` and `closed` of each channel (PROTOCOL §4). */
function entityTag(answers: readonly Pick<AnswerHead, 'cursor' | 'outcome' | 'more' | 'closed'>[]): string {
  return answers
    .map(
      ({ cursor, outcome, more, closed }) =>
        `${cursor}-${outcome}${more ? '-more' : ''}${closed ? '-closed' : ''}`,
    )
    .join('~')
}

const outcomes: readonly Outcome[] = ['live', 'resumed', 'snapshot', 'gap']

/** What follows the cursor in a tag of a channel that has nothing more to give. */
const endings = {
  open: new Set(outcomes.map((outcome) => `-${outcome}`)),
  closed: new Set(outcomes.map((outcome) => `-${outcome}-closed`)),
}

/** The tag in `If-None-Match` that a read would answer again: nothing has been added since. Found from the heads alone. */
export function unchangedTag(read: ReadRequest, heads: ReadonlyMap<ChannelName, Head>): string | undefined {
  return read.known.find((tag) => {
    const parts = tag.split('~')
    return (
      parts.length === read.channels.length &&
      read.channels.every(({ channel }, index) => isAt(heads.get(channel), parts[index] ?? ''))
    )
  })
}

/** Whether a channel's part of a tag was given at its head. */
function isAt(head: Head | undefined, part: string): boolean {
  if (!head || !part.startsWith(head.head)) return false
  return endings[head.closed ? 'closed' : 'open'].has(part.slice(head.head.length))
}

/** What stands below the head does not change, but retention may take it: no cache outlives that by more than this, in milliseconds. */
const immutableMs = 3_600_000

/** How long shared caches may keep an answer: a full page below the head for long, another until it is polled again. */
function sharedMaxAge(read: ReadRequest, heads: readonly AnswerHead[], pollAfterMs: number): string {
  if (heads.length === 0 || !heads.every(({ more, outcome }) => more && outcome === 'resumed')) {
    // The second of grace lets a cache ask anew by itself while it answers the crowd from what it has.
    return `max-age=${Math.max(1, Math.floor(pollAfterMs / 1000))}, stale-while-revalidate=1`
  }
  const keptMs = Math.min(immutableMs, ...read.channels.map(({ settings }) => settings.retention.ageMs))
  return `max-age=${Math.floor(keptMs / 1000)}, immutable`
}

/** Of what its reader alone may keep, and asks for again each time. */
const ownHeaders = {
  'cache-control': 'private, no-cache',
  vary: 'Authorization, Cookie, X-API-Key, Origin, Accept, Prefer, Last-Event-ID',
}

/** Who may keep a poll's answer, and how long (PROTOCOL §4, I22). */
function cacheHeaders(read: ReadRequest, heads: readonly AnswerHead[], pollAfterMs: number): ReplyHeaders {
  if (read.isShared) {
    return {
      'cache-control': `public, ${sharedMaxAge(read, heads, pollAfterMs)}`,
      'access-control-allow-origin': '*',
      'access-control-expose-headers': 'ETag',
    }
  }
  // What a ticket opens is not kept under a URL that has it in it, and a poll that says who is there must arrive.
  return read.caller.ticket || read.entered ? { 'cache-control': 'no-store' } : ownHeaders
}

/** A reader that names what it has confirms that it came. */
function noteUnchanged(transport: TransportName, read: ReadRequest, tag: string, core: Core): void {
  for (const [index, { channel }] of read.channels.entries()) {
    const [cursor = ''] = (tag.split('~')[index] ?? '').split('-')
    const page = { after: cursor as Cursor, cursor: cursor as Cursor, count: 0, skipped: 0 }
    const open = { outcome: 'resumed' as const, cursor: page.cursor }
    core.trace.note(channel, {
      kind: 'answer',
      reader: readerOf(transport, read),
      open,
      page,
      isPaced: false,
    })
  }
}

/** Nothing has changed since the reader's last poll. */
export function unchangedReply(
  transport: TransportName,
  read: ReadRequest,
  tag: string,
  core: Core,
): PlainReply {
  if (core.trace.isOn) noteUnchanged(transport, read, tag, core)
  const paceOf = ({ channel, settings }: ChannelRead) => core.advice.pollAfterMs(channel, settings)
  const pollAfterMs = read.isShared ? Math.min(...read.channels.map(paceOf)) : 0
  const headers = { ...cacheHeaders(read, [], pollAfterMs), etag: `W/"${tag}"` }
  return { kind: 'plain', status: 304, headers, body: '' }
}

/** Who asks by a request that holds no connection. */
export function readerOf(transport: TransportName, { address, caller }: ReadRequest): Reader {
  return { id: '', transport, identity: caller.identity?.id ?? null, address }
}

/** Notes an answer where its channels are traced. */
function note(transport: TransportName, read: ReadRequest, answers: readonly ChannelAnswer[], core: Core) {
  for (const { channel, outcome, gap, reason, log } of answers) {
    const page = toGiven(log.page)
    const open = { outcome, cursor: page.after, ...(gap && { gap }), ...(reason && { reason }) }
    const reader = readerOf(transport, read)
    core.trace.note(channel, { kind: 'answer', reader, open, page, isPaced: read.maxRate !== undefined })
  }
}

/** Counts an answer as what its transport has delivered. */
function count(transport: TransportName, bytes: number, answers: readonly ChannelAnswer[], core: Core): void {
  const tally = core.tally.of(transport)
  tally.writes++
  tally.bytes += bytes
  for (const { log } of answers) tally.deliveries += log.page.count
}

/** The batch answer of one channel or several (PROTOCOL §15). */
export function answerReply(
  transport: TransportName,
  read: ReadRequest,
  answers: readonly ChannelAnswer[],
  core: Core,
): PlainReply {
  const heads = answers.map((answer) => answerHead(answer, read, core))
  const texts = heads.map((head, index) => {
    const messages = answers[index]?.log.page.encodeEntries(frameCodec)
    return formatAnswer(head, decoder.decode(messages))
  })
  const pollAfterMs = Math.min(...heads.map((head) => head.pollAfterMs))
  const isFailing = answers.some(({ error }) => error)
  const body = read.several ? formatSeveral(heads, texts, pollAfterMs) : (texts[0] ?? '')
  count(transport, body.length, answers, core)
  if (core.trace.isOn) note(transport, read, answers, core)
  return jsonReply(200, `${body}\n`, {
    ...cacheHeaders(read, heads, pollAfterMs),
    // An answer that tells of a failing source is not repeated as "not modified" once it works again.
    ...(isFailing ? { 'cache-control': 'no-store' } : { etag: `W/"${entityTag(heads)}"` }),
  })
}

function formatSeveral(heads: readonly AnswerHead[], texts: readonly string[], pollAfterMs: number): string {
  const cursors = new Map<ChannelName, Cursor>(heads.map(({ channel, cursor }) => [channel, cursor]))
  const rest = {
    cursor: formatSetCursor(cursors),
    more: heads.some(({ more }) => more),
    closed: heads.every(({ closed }) => closed),
    pollAfterMs,
  }
  return `{"channels":[${texts.join(',')}],${JSON.stringify(rest).slice(1)}`
}
