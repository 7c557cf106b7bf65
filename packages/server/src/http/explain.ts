import {
  isJsonObject,
  parseChannelName,
  parseId,
  parseJson,
  parsePattern,
  patternHint,
} from '@gamut/protocol'
import type { Core } from '../core/core.js'
import { explain } from '../core/trace/explain.js'
import { GamutError } from '../error.js'
import { take } from '../take.js'
import type { Reply } from '../transports/transport.js'
import { readText } from './body.js'
import { freshJson } from './fresh-json.js'
import type { Query } from './query.js'
import type { HttpRequest } from './request.js'

/** How long a channel is traced where an operator does not say, and at most, in milliseconds. */
const defaultTraceMs = 600_000
const maxTraceMs = 86_400_000
/** Patterns that are traced at once. */
const maxPatterns = 100

/** One of the query's texts; anything that names nothing is `query_invalid`. */
function nameOf(query: Query, name: string): string | undefined {
  const text = query.get(name)
  if (text === undefined) return undefined
  if (parseId(text).ok) return text
  throw new GamutError(
    'query_invalid',
    `${name} is a text of 1 to 255 characters without control characters.`,
  )
}

/** `GET /explain?channel=&message=&reader=`: what became of a message, for a reader or for all (PROTOCOL §14). */
export async function explainReply(query: Query, core: Core): Promise<Reply> {
  const channel = take(parseChannelName(query.get('channel')))
  const message = nameOf(query, 'message')
  if (message === undefined) {
    throw new GamutError(
      'query_invalid',
      'Name the message by its offset, cursor, id or Idempotency-Key: ?message=42.',
    )
  }
  return freshJson(200, await explain(core, channel, message, nameOf(query, 'reader')))
}

/** `GET /trace`: what is traced and how much of it is kept. */
export function traceReply(core: Core): Reply {
  return freshJson(200, core.trace.state)
}

/** `POST /trace` with `{"channel": pattern, "forMs"?}`: traces channels for some time; 0 stops it (PROTOCOL §14). */
export async function startTrace(request: HttpRequest, core: Core): Promise<Reply> {
  const body = parseJson(await readText(request, core))
  const { channel, forMs = defaultTraceMs } = isJsonObject(body) ? body : {}
  const pattern = typeof channel === 'string' ? parsePattern(channel) : undefined
  if (!pattern)
    throw new GamutError(
      'body_invalid',
      `The body is {"channel": "chat/*", "forMs": 600000}; ${patternHint}.`,
    )
  if (typeof forMs !== 'number' || !Number.isInteger(forMs) || forMs < 0 || forMs > maxTraceMs) {
    throw new GamutError('body_invalid', `forMs is a whole number of milliseconds from 0 to ${maxTraceMs}.`)
  }
  const { trace } = core
  if (forMs === 0) trace.stop(pattern.text)
  else {
    const others = trace.state.channels.filter((one) => one.channel !== pattern.text)
    if (others.length >= maxPatterns)
      throw new GamutError(
        'overloaded',
        `At most ${maxPatterns} patterns are traced at once: stop one by "forMs": 0.`,
      )
    trace.start(pattern, forMs)
    core.connections.trace()
  }
  return traceReply(core)
}
