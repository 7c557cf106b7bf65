import type { TransportName } from '@gamut/protocol'
import { type Asking, ask, run } from './ask.js'
import { toFrame } from './frame.js'
import type { BatchFrame, Frame, LinkEnd, OpenFrame, Transport, Wish } from './transport.js'

/** How long an answer may take beyond the wait that was asked for, in milliseconds. */
const patienceMs = 10_000
/** The wait of a long-poll that names none (PROTOCOL §16), in milliseconds. */
const waitMs = 25_000
/** The least time between two questions that brought nothing, in milliseconds. */
const leastMs = 1000

/** What a poll answers for one channel (PROTOCOL §15). */
interface Answer extends Omit<OpenFrame, 'type'>, Omit<BatchFrame, 'type' | 'after'> {
  readonly more: boolean
  readonly closed: boolean
  readonly error?: object
}

interface Answers {
  readonly channels: readonly Answer[]
  readonly pollAfterMs: number
}

/** The body as answers of a set; a `SyntaxError` if it is none. */
async function toAnswers(response: Response): Promise<Answers> {
  const body = JSON.parse(await response.text()) as (Answers & Answer) | null
  const { channels = [body as Answer], pollAfterMs } = body ?? ({} as Answers)
  if (typeof pollAfterMs !== 'number' || !Array.isArray(channels)) throw new SyntaxError('no answer')
  return { channels, pollAfterMs }
}

/** Tells one channel's answer as frames. Where it stood before the first message is known of a cursor alone; else it is as if from nowhere. */
function* framesOf(answer: Answer, asked: string, isFirst: boolean): Generator<unknown, void> {
  const { channel, outcome, gap, reason, cursor, messages, skipped, snapshotEnd, more, closed } = answer
  const after = outcome === 'resumed' ? asked : (gap?.cursor ?? '')
  if (isFirst || outcome !== 'resumed')
    yield { type: 'open', channel, outcome, cursor: after, ...(gap && { gap }), ...(reason && { reason }) }
  const rest = { ...(skipped && { skipped }), ...(snapshotEnd && { snapshotEnd }) }
  if (after !== cursor || snapshotEnd) yield { type: 'batch', channel, after, cursor, messages, ...rest }
  if (answer.error) yield { ...answer.error, type: 'error', channel }
  if (closed && !more) yield { type: 'end', channel, reason: 'closed' }
}

function sleep({ request, signal }: Asking, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const cancel = request.environment.after(ms, resolve)
    signal.addEventListener('abort', cancel)
  })
}

/** One question and its answer, or why there was none in time. */
async function askOnce(
  asking: Asking,
  channels: ReadonlyMap<string, Wish>,
  as: TransportName,
): Promise<Answers | LinkEnd> {
  const { environment } = asking.request
  const late = new AbortController()
  const cancel = environment.after(patienceMs + (as === 'poll' ? 0 : waitMs), () => late.abort())
  const stop = () => late.abort()
  asking.signal.addEventListener('abort', stop)
  try {
    const response = await ask({ ...asking, signal: late.signal }, channels, as, 'application/json')
    return response instanceof Response ? await toAnswers(response) : response
  } catch (error) {
    if (late.signal.aborted) return { kind: 'mute' }
    throw error
  } finally {
    cancel()
    asking.signal.removeEventListener('abort', stop)
  }
}

async function pollOn(asking: Asking, as: 'poll' | 'long-poll'): Promise<LinkEnd> {
  const { request, listener, signal } = asking
  const { environment } = request
  const channels = new Map(request.channels)
  let isFirst = true
  while (channels.size > 0 && !signal.aborted) {
    const beganAt = environment.elapsed()
    const answers = await askOnce(asking, channels, as)
    if ('kind' in answers) return answers
    let isQuiet = true
    for (const answer of answers.channels) {
      const wish = channels.get(answer?.channel)
      if (!wish) throw new SyntaxError('no answer')
      for (const value of framesOf(answer, wish.cursor, isFirst)) {
        const frame = toFrame(value) as Frame
        if (frame.type === 'batch') isQuiet = false
        if (frame.type === 'end') channels.delete(answer.channel)
        listener.frame(frame)
      }
      if (channels.has(answer.channel)) channels.set(answer.channel, { ...wish, cursor: answer.cursor })
    }
    isFirst = false
    if (isQuiet) listener.frame({ type: 'heartbeat' })
    const tookMs = environment.elapsed() - beganAt
    const restMs = as === 'poll' ? answers.pollAfterMs : isQuiet ? leastMs - tookMs : 0
    if (restMs > 0 && channels.size > 0) await sleep(asking, restMs)
  }
  return { kind: 'done' }
}

/** A transport that asks again and again. */
export function pollTransport(name: 'poll' | 'long-poll'): Transport {
  return {
    name,
    maxChannels: 100,
    isHeld: false,
    isPossible: () => true,
    open: (request, listener) => run(request, listener, (asking) => pollOn(asking, name)),
  }
}

/** Asks as often as the server says (PROTOCOL §4): works through whatever lets a request pass. */
export function poll(): Transport {
  return pollTransport('poll')
}
