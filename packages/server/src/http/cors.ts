import type { Caller } from '../core/access/caller.js'
import { GamutError } from '../error.js'
import type { ReplyHeaders } from '../transports/transport.js'
import type { HttpRequest } from './request.js'

/** How long a browser may remember a preflight, in seconds: the longest that Chromium takes. */
const preflightSeconds = 7200

/** Whether a page of this origin is the server's own: the host it names is the host that was asked for. */
export function isSameOrigin(origin: string, host: string | undefined): boolean {
  if (!host || !URL.canParse(origin)) return false
  const url = new URL(origin)
  // A port that the scheme implies may be written or not.
  return URL.canParse(`${url.protocol}//${host}`) && new URL(`${url.protocol}//${host}`).host === url.host
}

/** Schemes of HTTP that browsers know: with what they remember they answer by themselves. */
const byItself = /^(?:basic|digest|negotiate|ntlm)(?: |$)/i

/** Known by what a browser sends along by itself, and by nothing that a page had to put there. */
function isByCookie(request: HttpRequest, { identity }: Caller): boolean {
  const authorization = request.header('authorization')
  const isPut = authorization !== undefined && !byItself.test(authorization)
  return (
    identity !== null &&
    request.header('cookie') !== undefined &&
    !isPut &&
    request.header('x-api-key') === undefined
  )
}

/** Decides which pages may use the server (guarantees: security rule 1). */
export class OriginCheck {
  readonly #origins: ReadonlySet<string>

  constructor(origins: readonly string[]) {
    this.#origins = new Set(origins)
  }

  /** Throws `origin_refused` for a page of another origin that is not listed. */
  pass(request: HttpRequest): void {
    const origin = request.header('origin')
    if (origin === undefined || this.#isKnown(origin) || isSameOrigin(origin, request.header('host'))) return
    throw new GamutError(
      'origin_refused',
      'Pages of this origin may not use this server. Add it to the option "origins".',
    )
  }

  /**
   * The request as hooks see it. A page that only `*` lets in comes without the cookies that its browser adds on its
   * own, also to WebSockets and forms: every page on the web is allowed, none of them as somebody.
   */
  toRequest(request: HttpRequest): Request {
    const asked = request.toRequest()
    const origin = request.header('origin')
    if (origin === undefined || this.#origins.has(origin) || isSameOrigin(origin, request.header('host')))
      return asked
    const headers = new Headers(asked.headers)
    headers.delete('cookie')
    return new Request(asked.url, { method: asked.method, headers })
  }

  /**
   * Lets a write or a WebSocket through. Browsers say the origin of both: without one a cookie proves nothing, as some
   * page may have had it sent by a way that does not say so.
   */
  passUnsafe(request: HttpRequest, caller: Caller): void {
    if (!isByCookie(request, caller) || request.header('origin') !== undefined) return
    throw new GamutError('origin_refused', 'Whoever is known by a cookie must say the Origin here.')
  }

  /**
   * Lets a read through. Browsers say no origin where a page reads from its own, but newer ones say that it does (W3C
   * Fetch Metadata): a read that another site has caused is not answered to whom its cookie names.
   */
  passSafe(request: HttpRequest, caller: Caller): void {
    if (!isByCookie(request, caller) || request.header('origin') !== undefined) return
    const site = request.header('sec-fetch-site') ?? 'none'
    if (site === 'same-origin' || site === 'none') return
    throw new GamutError('origin_refused', 'Pages of another site may not read as whom a cookie names.')
  }

  /** What lets a page of a listed origin see the answer (WHATWG Fetch, CORS protocol); nothing for any other. */
  headers(request: HttpRequest): ReplyHeaders | undefined {
    const origin = request.header('origin')
    if (origin === undefined || !this.#isKnown(origin)) return undefined
    if (!this.#origins.has(origin)) return { 'access-control-allow-origin': '*', ...exposed }
    return {
      'access-control-allow-origin': origin,
      'access-control-allow-credentials': 'true',
      vary: 'Origin',
      ...exposed,
    }
  }

  /** The answer to a preflight. */
  preflightHeaders(request: HttpRequest): ReplyHeaders {
    return {
      ...this.headers(request),
      'access-control-allow-methods': 'GET, POST, DELETE',
      'access-control-allow-headers':
        request.header('access-control-request-headers') ?? 'authorization, content-type, idempotency-key',
      'access-control-max-age': String(preflightSeconds),
      // Browsers keep it by the line above; no cache between shall.
      'cache-control': 'no-store',
      vary: 'Origin, Access-Control-Request-Headers',
    }
  }

  #isKnown(origin: string): boolean {
    return this.#origins.has('*') || this.#origins.has(origin)
  }
}

const exposed = {
  'access-control-expose-headers': 'ETag, Retry-After, Preference-Applied, Idempotent-Replayed, Heartbeat-Ms',
}
