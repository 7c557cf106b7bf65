import { GamutError, type HttpRequest } from '@gamut/server'
import type { Way } from './weather.js'

/** A request as a page makes it. */
export interface Asked {
  readonly method: string
  readonly url: URL
  readonly headers: Headers
  readonly body: string
  readonly signal: AbortSignal | undefined
}

/** What `fetch` was given. A body is a text. */
export function toAsked(input: RequestInfo | URL, init: RequestInit = {}, extra: HeadersInit = {}): Asked {
  const request = typeof input === 'object' && 'url' in input ? input : undefined
  const headers = new Headers(extra)
  new Headers(init.headers ?? request?.headers).forEach((value, name) => {
    headers.set(name, value)
  })
  const { body = '' } = init
  if (typeof body !== 'string' && body !== null)
    throw new TypeError('The test server takes bodies that are texts.')
  return {
    method: (init.method ?? request?.method ?? 'GET').toUpperCase(),
    url: new URL(request ? request.url : String(input)),
    headers,
    body: body ?? '',
    signal: init.signal ?? request?.signal ?? undefined,
  }
}

const reads: readonly string[] = ['sse', 'ndjson', 'long-poll', 'poll']

/** What a request is for. */
export function wayOf({ method, url }: Pick<Asked, 'method' | 'url'>): Way {
  if (method === 'POST') return /\/(?:channels\/.*|publish)$/.test(url.pathname) ? 'publish' : 'other'
  return (reads.find((name) => name === url.searchParams.get('as')) ?? 'other') as Way
}

/** The request as the server takes it. It comes from this machine, whom no limit counts. */
export function toHttpRequest({ method, url, headers, body }: Asked, isUpgrade = false): HttpRequest {
  return {
    method,
    target: url.pathname + url.search,
    isUpgrade,
    address: '127.0.0.1',
    header: (name) => (name === 'host' ? url.host : (headers.get(name) ?? undefined)),
    body: async (maxBytes) => {
      const bytes = new TextEncoder().encode(body)
      if (bytes.length <= maxBytes) return bytes
      throw new GamutError('too_large', `A body has at most ${maxBytes} bytes: send it in parts.`)
    },
    toRequest: () => new Request(url, { method, headers }),
  }
}
