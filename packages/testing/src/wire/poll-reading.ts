import { type AnswerSummary, type Asked, answerEvents } from './answer-events.js'
import { closedEvent, type Feed } from './feed.js'
import { pause } from './pause.js'
import { openConnection, type RawResponse } from './raw-connection.js'
import { buildReadRequest, channelsOf, type ReadOptions } from './read-request.js'
import type { ClosedEvent } from './reader-event.js'
import { closedBy } from './stream-reading.js'
import { readRefusal } from './wire-error.js'

/** What a loop of polls keeps from one answer to the next. */
interface Progress {
  cursor: string | undefined
  etag: string | undefined
  summary: AnswerSummary | undefined
  readonly ended: Set<string>
}

function emitAnswer(body: string, options: ReadOptions, progress: Progress, feed: Feed): void {
  const asked: Asked = { cursor: progress.cursor ?? firstCursor(options), first: !progress.summary }
  const { events, summary, ended } = answerEvents(body, asked)
  for (const event of events) feed.emit(event)
  const { cursor, ...said } = summary
  feed.emit({ kind: 'answer', status: 200, ...said })
  for (const channel of ended) {
    if (!progress.ended.has(channel)) feed.emit({ kind: 'end', channel, reason: 'closed' })
    progress.ended.add(channel)
  }
  progress.cursor = cursor
  progress.summary = summary
}

function firstCursor({ cursor }: ReadOptions): string | undefined {
  return typeof cursor === 'string' ? cursor : undefined
}

/** Takes one answer; gives how reading ended if it did. */
async function takeAnswer(
  response: RawResponse,
  options: ReadOptions,
  progress: Progress,
  feed: Feed,
): Promise<ClosedEvent | undefined> {
  const { status } = response
  if (status === 304 && progress.summary) {
    const { closed, pollAfterMs } = progress.summary
    feed.emit({ kind: 'answer', status, count: 0, more: false, closed, pollAfterMs })
    return undefined
  }
  if (status !== 200) return readRefusal(response, feed)
  const body = await response.text()
  const how = await response.finished
  if (how !== 'complete') return closedEvent(how, { status })
  progress.etag = response.headers.get('etag')
  emitAnswer(body, options, progress, feed)
  return progress.ended.size === channelsOf(options).length ? closedEvent('complete', { status }) : undefined
}

/** Asks once, on a connection of its own, so that no idle one is cut between two polls. */
async function ask(
  transport: 'poll' | 'long-poll',
  options: ReadOptions,
  progress: Progress,
  feed: Feed,
): Promise<ClosedEvent | undefined> {
  const request = buildReadRequest(transport, options, progress.cursor)
  const { etag } = progress
  const headers = {
    ...request.headers,
    ...(transport === 'poll' && etag !== undefined && { 'If-None-Match': etag }),
    Connection: 'close',
  }
  const connection = openConnection(request)
  feed.use(connection)
  try {
    return await takeAnswer(await connection.request({ ...request, headers }), options, progress, feed)
  } catch (error) {
    return closedBy(error)
  } finally {
    connection.close()
  }
}

/** Reads by poll or long-poll, again and again from where the last answer ended (PROTOCOL §4). */
export async function readPolls(
  transport: 'poll' | 'long-poll',
  options: ReadOptions,
  feed: Feed,
): Promise<ClosedEvent> {
  const progress: Progress = { cursor: undefined, etag: undefined, summary: undefined, ended: new Set() }
  for (;;) {
    await feed.flowing()
    if (feed.signal.aborted) return closedEvent('local')
    const closed = await ask(transport, options, progress, feed)
    if (closed) return closed
    const { more = false, pollAfterMs = 0 } = progress.summary ?? {}
    if (transport === 'poll' && !more) await pause(options.pollMs ?? pollAfterMs, feed.signal)
  }
}
