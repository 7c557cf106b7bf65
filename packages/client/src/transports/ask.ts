import type { TransportName } from '@gamut/protocol'
import type { LinkEnd, LinkListener, LinkRequest, Refusal, Wish } from './transport.js'

/** The address of a channel: each segment is encoded by itself (PROTOCOL §2). */
export function channelUrl(url: string, channel: string): string {
  return `${url}/channels/${channel.split('/').map(encodeURIComponent).join('/')}`
}

/** The address of a read. What its channels wish besides their cursors is the same for all (PROTOCOL §4). */
function readUrl({ url }: LinkRequest, channels: ReadonlyMap<string, Wish>, as: TransportName): string {
  const query = new URLSearchParams({ as })
  const isAlone = channels.size === 1 && /poll/.test(as)
  const wishes = [...channels]
  for (const [channel, { cursor }] of wishes) {
    if (!isAlone) query.append('channel', channel)
    if (!isAlone || cursor) query.append('cursor', cursor)
  }
  const [[first, { last, maxRate, gap }]] = wishes as [[string, Wish]]
  for (const [name, value] of Object.entries({ last, maxRate, gap }))
    if (value !== undefined) query.set(name, String(value))
  return `${isAlone ? channelUrl(url, first) : `${url}/channels`}?${query}`
}

/** The headers that say who asks. */
export function authorization(token: string | undefined): Record<string, string> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` }
}

/** What a refusal says: Gamut's own words, or those of whatever stands in front (PROTOCOL §13). */
export async function toRefusal(response: Response): Promise<Refusal> {
  const { status } = response
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN)
  const isFinal = status < 500 && status !== 429
  let error: Partial<Refusal> = {}
  try {
    error = (JSON.parse(await response.text()) as { error: Refusal }).error ?? {}
  } catch {
    // No answer of a Gamut server: its status has to do.
  }
  return {
    ...(seconds >= 0 && { retryAfterMs: seconds * 1000 }),
    ...error,
    code: error.code ?? '',
    status,
    isFinal,
  }
}

/** Why what came cannot be read, as an end. */
export function toEnd(thrown: unknown): LinkEnd {
  return thrown instanceof SyntaxError ? { kind: 'garbage', what: thrown.message } : { kind: 'cut' }
}

/** A read by fetch that is under way. */
export interface Asking {
  readonly request: LinkRequest
  readonly listener: LinkListener
  readonly signal: AbortSignal
}

/** Asks by GET and gives an answer of the type that belongs to the transport, or why there is none. */
export async function ask(
  { request, listener, signal }: Asking,
  channels: ReadonlyMap<string, Wish>,
  as: TransportName,
  type: string,
): Promise<Response | LinkEnd> {
  const { environment, token, credentials } = request
  const response = await environment.fetch(readUrl(request, channels, as), {
    headers: authorization(token),
    signal,
    ...(credentials && { credentials }),
  })
  const { status } = response
  if (status === 204) return { kind: 'done' }
  const given = response.headers.get('content-type') ?? ''
  if (response.ok && given.startsWith(type)) {
    listener.opened()
    return response
  }
  if (response.ok) return { kind: 'garbage', what: `${status} ${given}` }
  const refusal = await toRefusal(response)
  // A status without a code is not the server's. 5xx is a proxy that misses it, any other a stranger.
  if (refusal.code === '' && refusal.isFinal) return { kind: 'garbage', what: `${status} ${given}` }
  return { kind: 'refused', ...refusal }
}

/** Runs a read until it says how it ended, and tells that once: nothing after it was closed. */
export function run(
  request: LinkRequest,
  listener: LinkListener,
  read: (asking: Asking) => Promise<LinkEnd>,
): { close(): void } {
  const controller = new AbortController()
  const { signal } = controller
  const guarded: LinkListener = {
    opened: () => {
      if (!signal.aborted) listener.opened()
    },
    frame: (frame) => {
      if (!signal.aborted) listener.frame(frame)
    },
    ended: (end) => {
      if (signal.aborted) return
      controller.abort()
      listener.ended(end)
    },
  }
  void read({ request, listener: guarded, signal }).catch(toEnd).then(guarded.ended)
  return { close: () => controller.abort() }
}
