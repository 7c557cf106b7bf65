import type { TransportName } from '@gamut/protocol'
import type { LinkEnd, LinkListener, LinkRequest, Refusal, Server, Wish, Wishes } from './transport.js'

/** The address of a channel: each segment is encoded by itself (PROTOCOL §2). */
export function channelUrl({ url }: Server, channel: string): string {
  return `${url}/channels/${channel.split('/').map(encodeURIComponent).join('/')}`
}

/** The end that something thrown stands for. */
export function toEnd(thrown: unknown): LinkEnd {
  if ((thrown as Partial<LinkEnd> | undefined)?.kind) return thrown as LinkEnd
  return thrown instanceof SyntaxError ? { kind: 'garbage', what: thrown.message } : { kind: 'cut' }
}

/** What a refusal says: Gamut's own words (PROTOCOL §13), or those of whatever stands in front. */
async function toRefusal(response: Response): Promise<LinkEnd> {
  const { status, headers } = response
  const body = (await response.json().catch(() => undefined)) as { error?: Refusal } | undefined
  const isFinal = status < 500 && status !== 429
  const { code, message, retryAfterMs } = body?.error ?? ({} as Refusal)
  // A status without a code is not the server's: 5xx is of a proxy that misses it, any other of a stranger.
  if (!code && isFinal) return { kind: 'garbage', what: `${status}` }
  const waitMs = retryAfterMs ?? (Number(headers.get('retry-after')) * 1000 || undefined)
  return { kind: 'refused', code: code ?? '', message, status, retryAfterMs: waitMs, isFinal }
}

/** Asks the server as whoever the token says. Gives an answer of the type that is expected; throws a {@link LinkEnd}. */
export async function request(
  { environment, credentials, getToken }: Server,
  toUrl: () => string,
  type: string,
  init?: RequestInit,
): Promise<Response> {
  const token = await getToken()
  const response = await environment.fetch(toUrl(), {
    ...init,
    ...(credentials && { credentials }),
    headers: { ...init?.headers, ...(token && { authorization: `Bearer ${token}` }) },
  })
  if (!response.ok) throw await toRefusal(response)
  const given = response.headers.get('content-type') ?? ''
  if (response.status !== 204 && !given.startsWith(type)) throw { kind: 'garbage', what: given } as LinkEnd
  return response
}

/** The address of a read. What its channels wish besides their positions is the same for all (PROTOCOL §4). */
function readUrl(server: Server, wishes: Wishes, as: TransportName): string {
  const query = new URLSearchParams({ as })
  // Shared caches keep polls by their URL: that of one channel is everybody's.
  const isAlone = wishes.size < 2 && /poll/.test(as)
  for (const [channel, { cursor, start = '' }] of wishes) {
    if (!isAlone) query.append('channel', channel)
    if (!isAlone || cursor || start) query.append('cursor', cursor || start)
    // What is asked from a position has no use for it.
    for (const name of ['last', 'maxRate', 'gap'] as const) {
      const value = (wishes.get(channel) as Wish)[name]
      if (value !== undefined && !(name === 'last' && cursor)) query.set(name, `${value}`)
    }
  }
  const [first = ''] = wishes.keys()
  return `${isAlone ? channelUrl(server, first) : `${server.url}/channels`}?${query}`
}

/** A question that is asked now, and how long its answer may take. */
export interface Question {
  readonly as: TransportName
  /** The type of a good answer. */
  readonly type: string
  readonly signal: AbortSignal
  /** Counted from when the token is there, in milliseconds. */
  readonly patienceMs: number
  late(): void
}

/** What was asked, and the answer so far. */
export interface Answered {
  readonly wishes: Wishes
  readonly response: Response
  /** It is in time. */
  cancel(): void
}

/** Reads what is wished by the time that the token is there. Throws a {@link LinkEnd}. */
export async function ask(link: LinkRequest, listener: LinkListener, question: Question): Promise<Answered> {
  const { as, type, signal, patienceMs, late } = question
  let wishes: Wishes = new Map()
  let cancel = () => {}
  const toUrl = () => {
    wishes = link.wishes()
    if (wishes.size === 0) throw { kind: 'done' } as LinkEnd
    if (!signal.aborted) cancel = link.environment.after(patienceMs, late)
    signal.addEventListener('abort', cancel)
    return readUrl(link, wishes, as)
  }
  try {
    // Held answers go by no browser's cache: in Firefox a second tab would wait there for the end of the first one's.
    const response = await request(link, toUrl, type, { signal, ...(as !== 'poll' && { cache: 'no-store' }) })
    listener.opened()
    return { wishes, response, cancel }
  } catch (error) {
    cancel()
    throw error
  }
}
