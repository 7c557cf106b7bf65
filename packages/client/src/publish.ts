import type { Environment } from './environment.js'
import { type ClientErrorCode, GamutError } from './error.js'
import { authorization, channelUrl, toRefusal } from './transports/ask.js'
import type { Link, LinkEnd, Outgoing, Published, Refusal } from './transports/transport.js'

/** How long one try may take, in milliseconds: longer than the hooks of a server may (PROTOCOL §10). */
const tryMs = 15_000
/** The longest wait between tries, and for how long it is tried in all: within the window that knows repeats (PROTOCOL §3), in milliseconds. */
const maxDelayMs = 10_000
const allMs = 120_000

/** How a message is published. */
export interface PublishOptions {
  readonly event?: string
  readonly key?: string
  /** The message's own name, which readers see: publishing it again stores nothing. One is drawn if none is given. */
  readonly id?: string
  readonly signal?: AbortSignal
}

/** What publishing needs of its client. */
export interface PublishParts {
  readonly url: string
  readonly credentials?: RequestCredentials | undefined
  readonly environment: Environment
  getToken(): Promise<string | undefined>
  /** An open link that publishes, if there is one. */
  link(): Link | undefined
  readonly signal: AbortSignal
}

/** Why a try failed, in the words of links. */
type Failure = Refusal | LinkEnd

function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

async function post(
  parts: PublishParts,
  channel: string,
  message: Outgoing,
  signal: AbortSignal,
): Promise<Published> {
  const { url, credentials, environment } = parts
  const token = await parts.getToken().catch((error: unknown) => {
    throw { kind: 'token', error } satisfies Failure
  })
  const response = await environment.fetch(channelUrl(url, channel), {
    method: 'POST',
    // The only type that carries a message's id (PROTOCOL §3).
    headers: { 'content-type': 'application/x-ndjson', ...authorization(token) },
    body: JSON.stringify(message),
    signal,
    ...(credentials && { credentials }),
  })
  if (!response.ok) throw await toRefusal(response)
  const text = await response.text()
  try {
    const { cursor, messages } = JSON.parse(text) as { cursor: string; messages: readonly Published[] }
    const { offset, time } = messages[0] as Published
    return { cursor, offset, time, ...(response.status === 200 && { replayed: true as const }) }
  } catch {
    throw { kind: 'garbage', what: `${response.status}` } satisfies Failure
  }
}

/** An error of a failure that is told to the application. */
function toError(failure: Failure, fallback: ClientErrorCode): GamutError {
  if (failure instanceof GamutError) return failure
  if (!failure || typeof failure !== 'object' || !('code' in failure)) {
    const { kind, error } = (failure ?? {}) as { kind?: string; error?: unknown }
    const own = kind === 'token' || kind === 'garbage' ? kind : fallback
    return new GamutError(own, undefined, undefined, error ?? failure)
  }
  return new GamutError(failure.code || fallback, failure.message, failure.status)
}

/** Resolves or rejects with a promise, but no later than a signal says so; the reason is the signal's. */
function within<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason)
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop)
    void work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}

/** One try, over the open WebSocket or by POST. */
async function tryOnce(
  parts: PublishParts,
  channel: string,
  message: Outgoing,
  all: AbortSignal,
): Promise<Published> {
  const { environment } = parts
  const one = new AbortController()
  const stop = () => one.abort(all.reason)
  const cancel = environment.after(tryMs, () => one.abort({ kind: 'mute' } satisfies Failure))
  all.addEventListener('abort', stop)
  try {
    const link = parts.link()
    const work = link?.publish?.(channel, message) ?? post(parts, channel, message, one.signal)
    return await within(work, one.signal)
  } finally {
    cancel()
    all.removeEventListener('abort', stop)
  }
}

/**
 * Publishes, and again under the same id for as long as it is not known what became of it: an answer that was lost,
 * `publish_unknown`, a server that is away. What the server refuses for good is not tried again (PROTOCOL §3).
 */
export async function publish(
  parts: PublishParts,
  channel: string,
  message: Omit<Outgoing, 'id'> & { readonly id?: string | undefined },
  signal?: AbortSignal,
): Promise<Published> {
  const { environment } = parts
  const outgoing: Outgoing = { ...message, id: message.id ?? newId() }
  const all = new AbortController()
  const close = () => all.abort(new GamutError('closed'))
  const abort = () => all.abort(new GamutError('aborted', undefined, undefined, signal?.reason))
  parts.signal.addEventListener('abort', close)
  signal?.addEventListener('abort', abort)
  if (parts.signal.aborted) close()
  if (signal?.aborted) abort()
  const beganAt = environment.elapsed()
  try {
    for (let count = 1; ; count++) {
      try {
        if (all.signal.aborted) throw all.signal.reason
        const { cursor, offset, time, replayed } = await tryOnce(parts, channel, outgoing, all.signal)
        return { cursor, offset, time, ...(replayed && { replayed }) }
      } catch (thrown) {
        const failure = thrown as Failure
        const { isFinal, retryAfterMs } = (failure ?? {}) as Partial<Refusal>
        const delayMs = retryAfterMs ?? environment.random() * Math.min(maxDelayMs, 500 * 2 ** count)
        const isLate = environment.elapsed() - beganAt + delayMs > allMs
        if (all.signal.aborted || isFinal || isLate) throw toError(failure, 'unreachable')
        await within(new Promise<void>((resolve) => environment.after(delayMs, resolve)), all.signal)
      }
    }
  } finally {
    parts.signal.removeEventListener('abort', close)
    signal?.removeEventListener('abort', abort)
  }
}
