import type { Client } from './client.js'
import { GamutError, toError } from './error.js'
import { channelUrl, request } from './transports/ask.js'
import type { LinkEnd, Outgoing, Published, Refusal } from './transports/transport.js'

/** How long one try may take, in milliseconds: longer than the hooks of a server may (PROTOCOL §10). */
const tryMs = 15_000
/** The longest wait between tries, and for how long it is tried in all: within the window that knows repeats (PROTOCOL §3), in milliseconds. */
const maxDelayMs = 10_000
const allMs = 120_000

/** How a message is published. */
export interface PublishOptions {
  readonly event?: string | undefined
  readonly key?: string | undefined
  /** The message's own name, which readers see: publishing it again stores nothing. One is drawn if none is given. */
  readonly id?: string | undefined
  readonly signal?: AbortSignal | undefined
}

async function post({ server }: Client, channel: string, message: Outgoing, signal: AbortSignal) {
  const response = await request(server, () => channelUrl(server, channel), 'application/json', {
    method: 'POST',
    // The only type that carries a message's id (PROTOCOL §3).
    headers: { 'content-type': 'application/x-ndjson' },
    body: JSON.stringify(message),
    signal,
  })
  const { cursor, messages } = (await response.json()) as { cursor: string; messages: [Published] }
  return { ...messages[0], cursor, replayed: response.status === 200 || undefined }
}

/** What a request that failed is to the application. */
export function failure(thrown: unknown): GamutError {
  const { kind, code, error } = Object(thrown) as Partial<Refusal> & { kind?: string; error?: unknown }
  if (code !== undefined) return toError(thrown as Refusal)
  const own = kind === 'token' || kind === 'garbage' ? kind : 'unreachable'
  return new GamutError(own, undefined, undefined, error ?? thrown)
}

/** One try, over the open WebSocket or by POST. */
function tryOnce(
  client: Client,
  channel: string,
  message: Outgoing,
  signal: AbortSignal,
): Promise<Published> {
  const own = new AbortController()
  return new Promise<Published>((resolve, reject) => {
    const stop = () => {
      own.abort()
      reject({ kind: 'cut' } satisfies LinkEnd)
    }
    own.signal.addEventListener('abort', client.environment.after(tryMs, stop))
    signal.addEventListener('abort', stop, { signal: own.signal })
    const { link } = client.links.held.find(({ watched }) => watched?.link.publish)?.watched ?? {}
    const work = link?.publish?.(channel, message) ?? post(client, channel, message, own.signal)
    work.then(resolve, reject)
  }).finally(() => own.abort())
}

/**
 * Publishes, and again under the same id for as long as it is not known what became of it: an answer that was lost,
 * `publish_unknown`, a server that is away. What the server refuses for good is not tried again (PROTOCOL §3).
 */
export async function publish(
  client: Client,
  channel: string,
  message: Outgoing,
  given?: AbortSignal,
): Promise<Published> {
  const { environment, closing } = client
  const signal = AbortSignal.any([closing.signal, ...(given ? [given] : [])])
  const named = { ...message, id: message.id ?? crypto.randomUUID() }
  const beganAt = environment.elapsed()
  for (let count = 1; ; count++) {
    if (signal.aborted)
      throw new GamutError(closing.signal.aborted ? 'closed' : 'aborted', undefined, undefined, given?.reason)
    try {
      const { cursor, offset, time, replayed } = await tryOnce(client, channel, named, signal)
      return { cursor, offset, time, replayed }
    } catch (thrown) {
      const { isFinal, retryAfterMs } = Object(thrown) as Partial<Refusal>
      const delayMs = retryAfterMs ?? environment.random() * Math.min(maxDelayMs, 500 * 2 ** count)
      const isLate = environment.elapsed() - beganAt + delayMs > allMs
      if (!signal.aborted && (isFinal || isLate)) throw failure(thrown)
      await new Promise<void>((resolve) => {
        const cancel = environment.after(delayMs, resolve)
        signal.addEventListener('abort', () => {
          cancel()
          resolve()
        })
        if (signal.aborted) resolve()
      })
    }
  }
}
