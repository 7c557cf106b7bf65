import type { TransportName } from '@gamut/protocol'
import type { LinkEnd, Refusal, Round, Server, Wishes } from './transport.js'

/** The path of a channel below the server's: each segment is encoded by itself (PROTOCOL §2). */
export function channelPath(channel: string): string {
  return `/channels/${channel.split('/').map(encodeURIComponent).join('/')}`
}

/** How long the channels and cursors of a URL may be together: proxies refuse one of 8 KiB. */
const maxUrlLength = 6_000
/** The most that a cursor and the names of the fields take beside a channel's own. */
const cursorLength = 80

/** How many channels of such names one URL has room for. */
export function urlRoom(names: readonly string[]): number {
  return Math.floor(maxUrlLength / (cursorLength + names.join('').length / (names.length || 1)))
}

/** The end that something thrown stands for. */
export function toEnd(thrown: unknown): LinkEnd {
  if ((thrown as Partial<LinkEnd> | undefined)?.kind) return thrown as LinkEnd
  return thrown instanceof SyntaxError ? { kind: 'garbage', what: thrown.message } : { kind: 'cut' }
}

/** What a refusal says: Gamut's own words (PROTOCOL §13), or those of whatever stands in front. */
async function toRefusal(response: Response): Promise<LinkEnd> {
  const { status, headers } = response
  const body = Object(await response.json().catch(() => 0)) as { error?: Refusal }
  const isFinal = status < 500 && status !== 429
  const waitMs = Number(headers.get('retry-after')) * 1000 || undefined
  const { code = '', message, retryAfterMs = waitMs } = Object(body.error) as Partial<Refusal>
  // A status without a code is not the server's: 5xx is of a proxy that misses it, any other of a stranger.
  if (!code && isFinal) return { kind: 'garbage', what: `${status}` }
  return { kind: 'refused', code, message, status, retryAfterMs, isFinal }
}

async function send(
  { environment, credentials, url }: Server,
  token: string | undefined,
  path: string,
  type: string,
  init: RequestInit,
): Promise<Response> {
  const response = await environment.fetch(url + path, {
    ...init,
    ...(credentials && { credentials }),
    headers: { ...init.headers, ...(token && { authorization: `Bearer ${token}` }) },
  })
  if (!response.ok) throw await toRefusal(response)
  const given = response.headers.get('content-type') ?? ''
  if (response.status !== 204 && !given.startsWith(type)) throw { kind: 'garbage', what: given } as LinkEnd
  return response
}

/** Asks the server as whoever the token says. Gives an answer of the type that is expected; throws a {@link LinkEnd}. */
export async function request(
  server: Server,
  path: string,
  type = 'application/json',
  init: RequestInit = {},
): Promise<Response> {
  return send(server, await server.getToken(), path, type, init)
}

/** The path of a read. What its channels wish besides their positions is the same for all (PROTOCOL §4). */
export function readPath(wishes: Wishes, as: TransportName): string {
  const query = new URLSearchParams({ as })
  // Shared caches keep polls by their URL: that of one channel is everybody's.
  const isAlone = wishes.size < 2 && /poll/.test(as)
  let path = '/channels'
  for (const [channel, wish] of wishes) {
    const { cursor, start = '' } = wish
    const from = cursor || start
    if (isAlone) path = channelPath(channel)
    else query.append('channel', channel)
    if (!isAlone || from) query.append('cursor', from)
    // What is asked from a position has no use for it.
    for (const name of ['last', 'maxRate', 'gap'] as const)
      if (wish[name] !== undefined && !(name === 'last' && cursor)) query.set(name, `${wish[name]}`)
  }
  return `${path}?${query}`
}

/** What was asked, and the answer so far. */
export interface Answered {
  readonly wishes: Wishes
  readonly response: Response
}

/** Reads what is wished by the time that the token is there; from then on the answer may take a while. Throws a {@link LinkEnd}. */
export async function ask(
  { server, signal, wishes: wish, expect, opened }: Round,
  as: TransportName,
  type: string,
  patienceMs: number,
  form: string,
): Promise<Answered> {
  const token = await server.getToken()
  // Not by its own method, which React Native's lacks.
  if (signal.aborted) throw { kind: 'cut' } as LinkEnd
  const wishes = wish()
  if (!wishes.size) throw { kind: 'done' } as LinkEnd
  expect(patienceMs)
  // Held answers go by no browser's cache: in Firefox a second tab would wait there for the end of the first one's.
  const init: RequestInit = { signal, ...(as !== 'poll' && { cache: 'no-store' }) }
  const response = await send(server, token, readPath(wishes, as) + form, type, init)
  opened()
  return { wishes, response }
}
