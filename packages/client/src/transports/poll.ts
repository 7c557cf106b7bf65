import { ask } from './ask.js'
import { toFrame } from './frame.js'
import { createHttpLink } from './http-link.js'
import type { BatchFrame, LinkEnd, OpenFrame, Round, Transport } from './transport.js'

/** How long an answer may take, beyond the wait of a long-poll (PROTOCOL §16), in milliseconds. */
const patienceMs = 10_000
const waitMs = 25_000
/** The least time between two questions that brought nothing, in milliseconds. */
const leastMs = 1000

/** What a poll answers for one channel (PROTOCOL §15). */
export interface Answer extends Omit<OpenFrame, 'type'>, Omit<BatchFrame, 'type' | 'after'> {
  readonly more: boolean
  readonly closed: boolean
  readonly error?: object
}

/** Tells an answer as frames; whether it brought nothing. Where it stood before its first message is only known of a cursor. */
export function tell({ frame }: Pick<Round, 'frame'>, answer: Answer, asked: string | undefined): boolean {
  const { channel, outcome, gap, reason, cursor, messages, skipped, snapshotEnd, error } = answer
  const after = outcome === 'resumed' ? asked : (gap?.cursor ?? '')
  const isQuiet = after === cursor && !snapshotEnd
  frame(toFrame({ type: 'open', channel, outcome, cursor: after, gap, reason, asked }))
  if (!isQuiet) frame(toFrame({ type: 'batch', channel, after, cursor, messages, skipped, snapshotEnd }))
  if (error) frame(toFrame({ ...error, type: 'error', channel }))
  if (answer.closed && !answer.more) frame(toFrame({ type: 'end', channel, reason: 'closed' }))
  return isQuiet
}

/** Asks one question after the other, as long as there are channels. */
async function read(round: Round, name: 'poll' | 'long-poll'): Promise<LinkEnd> {
  const { signal, server, expect, frame } = round
  const { elapsed, after } = server.environment
  // What is asked for the first time is answered at once, so that it is known to be open.
  for (let as: typeof name = 'poll'; ; as = name) {
    const isLong = as !== 'poll'
    const beganAt = elapsed()
    // An answer that is held for longer than this network lets be silent would never come.
    const wait = isLong && server.quietMs ? `&wait=${Math.ceil(server.quietMs / 1000)}` : ''
    const { wishes, response } = await ask(
      round,
      as,
      'application/json',
      isLong ? patienceMs + waitMs : patienceMs,
      wait,
    )
    const body = Object(await response.json())
    expect()
    let isQuiet = true
    for (const answer of (body.channels ?? [body]) as readonly Answer[])
      if (!tell(round, answer, wishes.get(answer?.channel)?.cursor)) isQuiet = false
    if (isQuiet) frame({ type: 'heartbeat' } as never)
    const quietMs = isLong && isQuiet ? leastMs + beganAt - elapsed() : 0
    const restMs = name === 'poll' ? (body.pollAfterMs ?? leastMs) : quietMs
    if (signal.aborted) throw { kind: 'cut' } as LinkEnd
    await new Promise<void>((resolve) => {
      const stop = after(Math.max(restMs || 0, body.more ? 0 : server.pollEveryMs), resolve)
      signal.onabort = stop
    })
  }
}

/** A transport that asks again and again. */
export function pollTransport(name: 'poll' | 'long-poll'): Transport {
  return {
    name,
    maxChannels: 100,
    isPossible: () => true,
    open: (...asked) => createHttpLink(asked, false, (round) => read(round, name)),
  }
}

/** Asks as often as the server says (PROTOCOL §4): works through whatever lets a request pass. */
export function poll(): Transport {
  return pollTransport('poll')
}
