import type { Awaitable } from '../awaitable.js'
import { GamutError } from '../error.js'
import { BodyBytes } from './body-bytes.js'

/** Whom a way in is for. Health and readiness are for both. */
export type Entrance = 'readers' | 'operators'

/** A request as every runtime can give it: the target raw, so that dot segments are seen before anything resolves them. */
export interface HttpRequest {
  /** Which routes this way in has, where readers and operators come by ways of their own; else all. */
  readonly entrance?: Entrance | undefined
  readonly method: string
  /** Path and query as they came, beginning with `/`. */
  readonly target: string
  /** The peer asks to speak WebSocket, and the runtime can. */
  readonly isUpgrade: boolean
  /**
   * Who sends it, behind trusted proxies too, in one form for each address (as `Gamut.clientAddress` gives it); empty
   * where that is not known.
   */
  readonly address: string
  header(name: string): string | undefined
  /** The whole body; throws `too_large` past so many bytes, and what the room for all bodies refuses it by. */
  body(maxBytes: number, room: BodyRoom): Awaitable<Uint8Array>
  /** The same request, without its body, as the application's hooks get it. */
  toRequest(): Request
}

/** Where the bytes of all bodies are counted that are not whole yet. */
export interface BodyRoom {
  /** A body begins; `refuse` is called at most once, where its room goes to younger ones. */
  open(refuse: (error: GamutError) => void): OpenBody
}

/** A body that is not whole yet. */
export interface OpenBody {
  /** So many bytes more of it are kept. */
  take(bytes: number): void
  /** None of it is kept any more, or it is whole. */
  close(): void
}

/** A body is larger than it may be. */
export function bodyTooLarge(maxBytes: number): GamutError {
  return new GamutError('too_large', `A body has at most ${maxBytes} bytes: send it in parts.`)
}

/** A body does not come to its end: nobody is there any more to be told. */
export function bodyCutOff(): GamutError {
  return new GamutError('body_invalid', 'The body was cut off.')
}

async function readBody(request: Request, maxBytes: number, room: BodyRoom): Promise<Uint8Array> {
  const reader = request.body?.getReader()
  if (!reader) return new Uint8Array()
  let body = new BodyBytes()
  let refusal: GamutError | undefined
  const refuse = (error: GamutError) => {
    refusal ??= error
    body = new BodyBytes()
    void reader.cancel().catch(() => {})
  }
  const open = room.open(refuse)
  try {
    for (;;) {
      const { done, value } = await reader.read().catch(() => {
        throw bodyCutOff()
      })
      if (refusal) throw refusal
      if (done) return body.all
      body.add(value)
      if (body.length > maxBytes) refuse(bodyTooLarge(maxBytes))
      else open.take(value.length)
    }
  } finally {
    open.close()
  }
}

/** A web standard request. Its URL has lost dot segments already: the names that they hid are gone. */
export function fromRequest(request: Request): HttpRequest {
  const { pathname, search } = new URL(request.url)
  return {
    method: request.method,
    target: pathname + search,
    isUpgrade: false,
    address: '',
    header: (name) => request.headers.get(name) ?? undefined,
    body: (maxBytes, room) => readBody(request, maxBytes, room),
    toRequest: () => request,
  }
}
