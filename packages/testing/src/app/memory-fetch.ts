import type { Gamut, PlainReply, Reply, StreamReply, WireOwner } from '@gamut/server'
import { type Asked, toAsked, toHttpRequest, wayOf } from './asked.js'
import type { Line } from './line.js'
import type { Network } from './network.js'
import type { Page } from './page.js'
import { isDelivery, unitsOf } from './units.js'
import type { Way } from './weather.js'

const portal = '<!doctype html><title>Welcome</title><p>Please log in to use this network.</p>'

function failed(): TypeError {
  return new TypeError('fetch failed')
}

function isEmpty(status: number): boolean {
  return status === 204 || status === 304
}

/** What stands in front and answers in the server's place, if anything does. */
function answerInFront(network: Network, page: Page, way: Way): Response | undefined {
  if (network.find(page, 'html', way))
    return new Response(portal, { status: 200, headers: { 'content-type': 'text/html; charset=utf-8' } })
  const refusal = network.find(page, 'refuse', way)
  if (!refusal) return undefined
  if (refusal.status === undefined) throw failed()
  return new Response('', { status: refusal.status })
}

/** One request and its answer, over a line of its own. */
class Exchange {
  readonly #asked: Asked
  readonly #line: Line
  readonly #resolve: (response: Response) => void
  readonly #reject: (error: unknown) => void
  #owner: Partial<WireOwner> | undefined
  #body: ReadableStreamDefaultController<Uint8Array> | undefined
  #isGone = false

  constructor(
    asked: Asked,
    open: (ends: { page(): void; server(): void }, drained: () => void) => Line,
    settle: { resolve(response: Response): void; reject(error: unknown): void },
  ) {
    this.#asked = asked
    this.#resolve = settle.resolve
    this.#reject = settle.reject
    this.#line = open({ page: () => this.#fail(failed()), server: () => this.#leave() }, () =>
      this.#owner?.drained?.(),
    )
    asked.signal?.addEventListener('abort', () => this.#abort(), { once: true })
  }

  send(node: Gamut): void {
    this.#line.ask(() => {
      void this.#handle(node).catch((error: unknown) => this.#fail(error))
    })
  }

  async #handle(node: Gamut): Promise<void> {
    const { way } = this.#line
    const isTwice = way !== 'sse' && way !== 'ndjson' && this.#line.take('repeat') !== undefined
    const first = await node.handle(toHttpRequest(this.#asked))
    this.#take(isTwice && first.kind === 'plain' ? await node.handle(toHttpRequest(this.#asked)) : first)
  }

  #take(reply: Reply): void {
    if (reply.kind === 'plain') this.#answer(reply)
    else if (reply.kind === 'stream') this.#stream(reply)
    else if (reply.kind === 'parked') this.#own(reply.start((answer) => this.#answer(answer)))
  }

  /** Whoever has gone meanwhile is told of as gone. */
  #own(owner: Partial<WireOwner>): void {
    this.#owner = owner
    if (this.#isGone) owner.closed?.()
  }

  #answer({ status, headers, body }: PlainReply): void {
    this.#line.answer(() => {
      const { way } = this.#line
      const isNews = way === 'publish' ? status < 300 : isDelivery(way, body)
      if (isNews && this.#line.take('drop')) {
        this.#line.cut()
        return
      }
      this.#line.close()
      this.#resolve(new Response(isEmpty(status) ? null : body, { status, headers }))
    })
  }

  #stream(reply: StreamReply): void {
    const stream = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#body = controller
      },
      cancel: () => this.#hangUp(),
    })
    const { status, headers } = reply
    this.#line.answer(() => this.#resolve(new Response(stream, { status, headers })))
    const owner = reply.start({
      write: (chunks) => chunks.map((chunk) => this.#write(chunk)).every(Boolean),
      end: () => {
        this.#line.finish(() => {
          this.#line.close()
          this.#body?.close()
          this.#leave()
        })
      },
      abort: () => this.#line.cut(),
    })
    this.#own(owner)
  }

  #write(chunk: Uint8Array): boolean {
    const { way } = this.#line
    const units = unitsOf(way, new TextDecoder().decode(chunk))
    return units.map((unit) => this.#line.tell(() => this.#deliver(unit), unit.length)).every(Boolean)
  }

  #deliver(unit: string): void {
    if (this.#line.isOver) return
    const isNews = isDelivery(this.#line.way, unit)
    if (isNews && this.#line.take('drop')) {
      this.#line.cut()
      return
    }
    const isTwice = isNews && this.#line.take('repeat') !== undefined
    this.#body?.enqueue(new TextEncoder().encode(isTwice ? unit + unit : unit))
  }

  /** The page wants no more of it. */
  #abort(): void {
    if (this.#line.isOver) return
    const { signal } = this.#asked
    this.#hangUp()
    this.#fail(signal?.reason)
  }

  #hangUp(): void {
    this.#line.ask(() => {
      this.#line.close()
      this.#leave()
    })
  }

  #leave(): void {
    if (this.#isGone) return
    this.#isGone = true
    this.#owner?.closed?.()
  }

  #fail(error: unknown): void {
    this.#reject(error)
    try {
      this.#body?.error(error)
    } catch {
      // The body has ended already.
    }
    this.#body = undefined
  }
}

/** A `fetch` that reaches the server in memory, from one page. */
export function createMemoryFetch(network: Network, page: Page, extra: HeadersInit): typeof fetch {
  const { rest } = network.parts
  return async (input, init) => {
    rest.note()
    const asked = toAsked(input, init, extra)
    const { signal, url } = asked
    signal?.throwIfAborted()
    const way = wayOf(asked)
    const inFront = page.isOffline() ? undefined : answerInFront(network, page, way)
    if (inFront) return inFront
    const node = network.reach(page, url.origin)
    if (!node) throw failed()
    return new Promise<Response>((resolve, reject) => {
      const open = (ends: Parameters<Network['connect']>[2], drained: () => void) =>
        network.connect(page, way, ends, drained)
      new Exchange(asked, open, { resolve, reject }).send(node)
    })
  }
}
