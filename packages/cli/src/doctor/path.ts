import { type RawAnswer, rawRequest, WireClosed, type WireEnd } from '@gamut/testing'
import { decodeBody } from './decode.js'
import type { Target } from './target.js'

/** Names and values of header fields. */
export type Fields = Readonly<Record<string, string>>

/** What is sent besides the path. */
export interface AskOptions {
  readonly method?: 'GET' | 'POST'
  readonly headers?: Fields
  readonly body?: string
  /** Whose request it is: `own` as the command was told, `none` without a token, or another one. Default `own`. */
  readonly as?: 'own' | 'none' | 'other'
  /** How long an answer may take, in milliseconds. */
  readonly withinMs?: number
}

/** A whole answer; status 0 where there was none. */
export interface Answer {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
  /** From the first byte of the connection to the head of the answer, and to its end, in milliseconds. */
  readonly headMs: number
  readonly totalMs: number
  /** By this machine's clock, in the middle of the exchange. */
  readonly at: number
  /** How it came to its end, or why there is none. */
  readonly end: WireEnd
}

/** An answer without an end, as it comes. */
export interface Stream {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  /** Decoded text, piece by piece. */
  readonly pieces: AsyncIterable<string>
  readonly end: Promise<WireEnd>
  /** When it was asked for, of a clock that never jumps. */
  readonly askedAt: number
  close(): void
}

const answerWithinMs = 15_000

/** A way to a server, by HTTP/1.1 over connections of their own, so that nothing but the path is in between. */
export interface Path {
  readonly target: Target
  /** Header fields of whoever examines. */
  headersOf(as: AskOptions['as']): Fields
  /** Asks below the server's base path. Never rejects. */
  ask(path: string, options?: AskOptions): Promise<Answer>
  /** Opens an answer without an end; `undefined` where no answer came. */
  open(path: string, options?: AskOptions): Promise<Stream | undefined>
  /** The path of the channel with a query, and something in it that no cache has seen. */
  channelPath(query: Fields, isFresh?: boolean): string
}

class WirePath implements Path {
  readonly target: Target
  readonly #token: string | undefined
  readonly #host: string
  #fresh = 0

  constructor(target: Target, token: string | undefined) {
    this.target = target
    this.#token = token
    this.#host = target.url.host
  }

  headersOf(as: AskOptions['as'] = 'own'): Fields {
    if (this.#token === undefined || as === 'none') return {}
    // The signature of a token, and a key as a whole, do not survive another end.
    const token = as === 'other' ? `${this.#token.slice(0, -4)}doct` : this.#token
    return { Authorization: `Bearer ${token}` }
  }

  channelPath(query: Fields, isFresh = false): string {
    const fresh = isFresh ? { _: `${Date.now().toString(36)}${this.#fresh++}` } : {}
    const text = new URLSearchParams({ ...query, ...fresh }).toString()
    return `/channels/${this.target.channel}${text && `?${text}`}`
  }

  async ask(path: string, options: AskOptions = {}): Promise<Answer> {
    const signal = AbortSignal.timeout(options.withinMs ?? answerWithinMs)
    const start = performance.now()
    const startedAt = Date.now()
    const since = () => performance.now() - start
    try {
      const answer = await this.#request(path, options, signal)
      const headMs = since()
      const body = await answer.text()
      const end = await answer.finished
      const { status, headers } = answer
      return { status, headers, body, headMs, totalMs: since(), at: startedAt + headMs / 2, end }
    } catch (error) {
      const end = error instanceof WireClosed ? error.how : 'malformed'
      const empty = { status: 0, headers: new Map<string, string>(), body: '' }
      return { ...empty, headMs: since(), totalMs: since(), at: Date.now(), end }
    }
  }

  async open(path: string, options: AskOptions = {}): Promise<Stream | undefined> {
    const stop = new AbortController()
    const limit = setTimeout(() => stop.abort(), options.withinMs ?? answerWithinMs)
    const askedAt = performance.now()
    try {
      const { status, headers, body, finished, connection } = await this.#request(path, options, stop.signal)
      const pieces = decodeBody(body, headers.get('content-encoding'))
      return { status, headers, pieces, end: finished, askedAt, close: () => connection.close() }
    } catch {
      return undefined
    } finally {
      clearTimeout(limit)
    }
  }

  #request(path: string, options: AskOptions, signal: AbortSignal): Promise<RawAnswer> {
    const { method = 'GET', headers = {}, body, as } = options
    return rawRequest({
      ...this.target.raw,
      method,
      target: `${this.target.basePath}${path}`,
      headers: { Host: this.#host, 'User-Agent': 'gamut-doctor', ...this.headersOf(as), ...headers },
      ...(body !== undefined && { body }),
      signal,
    })
  }
}

/** Creates the way to a server for whoever has this token. */
export function createPath(target: Target, token: string | undefined): Path {
  return new WirePath(target, token)
}
