import type { TransportName } from '@gamut/protocol'
import type { LinkEnd, Refusal, Round, Server, Wishes } from './transport.js'

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
  type = '',
  init: RequestInit = {},
): Promise<Response> {
  const token = await getToken()
  const response = await environment.fetch(toUrl(), {
    ...init,
    ...(credentials && { credentials }),
    headers: { ...init.headers, ...(token && { authorization: `Bearer ${token}` }) },
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
  for (const [channel, wish] of wishes) {
    const { cursor, start = '' } = wish
    const from = cursor || start
    if (!isAlone) query.append('channel', channel)
    if (!isAlone || from) query.append('cursor', from)
    // What is asked from a position has no use for it.
    for (const name of ['last', 'maxRate', 'gap'] as const)
      if (wish[name] !== undefined && !(name === 'last' && cursor)) query.set(name, `${wish[name]}`)
  }
  const [first = ''] = wishes.keys()
  return `${isAlone ? channelUrl(server, first) : `${server.url}/channels`}?${query}`
}

/** What was asked, and the answer so far. */
export interface Answered {
  readonly wishes: Wishes
  readonly response: Response
}

/** Reads what is wished by the time that the token is there; from then on the answer may take a while. Throws a {@link LinkEnd}. */
export async function ask(
  round: Round,
  as: TransportName,
  type: string,
  patienceMs: number,
): Promise<Answered> {
  const { server, signal } = round
  let wishes: Wishes = new Map()
  const toUrl = () => {
    wishes = round.wishes()
    if (!wishes.size) throw { kind: 'done' } as LinkEnd
    if (!signal.aborted) round.expect(patienceMs)
    return readUrl(server, wishes, as)
  }
  // Held answers go by no browser's cache: in Firefox a second tab would wait there for the end of the first one's.
  const response = await request(server, toUrl, type, { signal, ...(as !== 'poll' && { cache: 'no-store' }) })
  round.opened()
  return { wishes, response }
}
