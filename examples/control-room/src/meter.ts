import { defaultEnvironment, type Environment } from '@gamut/client/core'
import { learnFromHead, serverNow } from './server-clock.js'

/** What a widget has cost so far. It never changes: what comes makes another one. */
export interface Costs {
  readonly requests: number
  /** Of requests, answers and frames, both ways. */
  readonly bytes: number
  /** Streams and sockets that are held now. */
  readonly open: number
  /** How long the last answer took to begin, in milliseconds. */
  readonly tookMs?: number
}

/** The heads of a request and its answer over HTTP/1.1. A browser shows a page none of them: this is their usual size. */
const headBytes = 940

const sizeOf = (data: unknown): number =>
  typeof data === 'string' ? new TextEncoder().encode(data).length : ((data as Blob)?.size ?? 0)

/** Counts all that a client sends and gets, by standing between it and the network. */
export class Meter {
  costs: Costs = { requests: 0, bytes: 0, open: 0 }
  readonly environment: Environment

  constructor() {
    const environment = defaultEnvironment()
    this.environment = {
      ...environment,
      // What is old or late is so by the clock that dated it.
      now: serverNow,
      fetch: async (input, init) => {
        this.#add({ requests: 1, bytes: headBytes + sizeOf(init?.body) })
        const began = environment.elapsed()
        const sentAt = Date.now()
        const response = await environment.fetch(input, init)
        learnFromHead(response.headers, sentAt)
        this.costs = { ...this.costs, tookMs: environment.elapsed() - began }
        return this.#counted(response)
      },
      WebSocket: this.#socket(),
    }
  }

  #add({ requests = 0, bytes = 0, open = 0 }: Partial<Costs>): void {
    const { costs } = this
    this.costs = {
      ...costs,
      requests: costs.requests + requests,
      bytes: costs.bytes + bytes,
      open: costs.open + open,
    }
  }

  /** The answer; a body that does not say its length is counted as it is read. */
  #counted(response: Response): Response {
    const { body, headers } = response
    const length = headers.get('content-length')
    if (length !== null) {
      this.#add({ bytes: Number(length) })
      return response
    }
    // What has no content has a body in some browsers, which no answer may be made of.
    if (!body || response.status === 204) return response
    const isStream = /event-stream|ndjson/.test(headers.get('content-type') ?? '')
    let held = isStream ? 1 : 0
    this.#add({ open: held })
    const reader = body.getReader()
    const end = () => {
      this.#add({ open: -held })
      held = 0
    }
    const counted = new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull: async (controller) => {
        try {
          const { done, value } = await reader.read()
          if (value) this.#add({ bytes: value.length })
          if (value) controller.enqueue(value)
          if (!done) return
          end()
          controller.close()
        } catch (error) {
          end()
          controller.error(error)
        }
      },
      cancel: (why) => {
        end()
        return reader.cancel(why)
      },
    })
    return new Response(counted, response)
  }

  #socket(): typeof WebSocket {
    const add = (costs: Partial<Costs>) => this.#add(costs)
    return class extends WebSocket {
      constructor(url: string | URL, protocols?: string | string[]) {
        super(url, protocols)
        add({ requests: 1, bytes: headBytes })
        let held = 0
        this.addEventListener('open', () => {
          held = 1
          add({ open: held })
        })
        this.addEventListener('message', ({ data }) => add({ bytes: sizeOf(data) }))
        this.addEventListener('close', () => add({ open: -held }))
      }

      override send(data: Parameters<WebSocket['send']>[0]): void {
        add({ bytes: sizeOf(data) })
        super.send(data)
      }
    }
  }
}
