import type { Clock } from '@gamut/server'

/** What a reader gets, and from where. */
export interface CachedAnswer {
  readonly status: number
  readonly headers: Headers
  /** Empty where the answer has no end. */
  readonly body: string
  readonly from: 'origin' | 'store' | 'revalidated'
}

interface Stored {
  readonly status: number
  readonly body: string
  /** Of the request, for the fields that `Vary` names. */
  readonly asked: Headers
  headers: Headers
  at: number
}

type Directives = ReadonlyMap<string, string>

/** Statuses that may be kept although nothing says for how long (RFC 9110 §15.1). */
const heuristic: ReadonlySet<number> = new Set([200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501])
const heuristicSeconds = 3600

function directivesOf(headers: Headers): Directives {
  const parts = (headers.get('cache-control') ?? '').split(',').filter(Boolean)
  return new Map(
    parts.map((part) => {
      const [name = '', value = ''] = part.trim().toLowerCase().split('=')
      return [name, value]
    }),
  )
}

const opaque = (tag: string) => tag.trim().replace(/^W\//, '')

function tagsOf(headers: Headers): string[] {
  return (headers.get('if-none-match') ?? '').split(',').filter(Boolean).map(opaque)
}

/**
 * A shared cache that does all that RFC 9111 lets it do: it keeps whatever it may, for as long as it may, answers
 * stale within `stale-while-revalidate`, and lets one of equal requests through at a time. A hostile one keeps every
 * answer by its URL for ever, whatever it says.
 */
export class SharedCache {
  readonly #origin: (request: Request) => Promise<Response>
  readonly #clock: Clock
  readonly #isHostile: boolean
  readonly #stored = new Map<string, Stored[]>()
  readonly #flights = new Map<string, Promise<unknown>>()

  constructor(
    origin: (request: Request) => Promise<Response>,
    clock: Clock,
    kind: 'correct' | 'hostile' = 'correct',
  ) {
    this.#origin = origin
    this.#clock = clock
    this.#isHostile = kind === 'hostile'
  }

  /** Answers a GET. */
  async ask(request: Request): Promise<CachedAnswer> {
    const found = this.#find(request)
    const use = found && this.#useOf(found)
    if (found && use === 'fresh') return answerOf(found, request, 'store')
    if (found && use === 'stale') {
      if (!this.#flights.has(request.url)) void this.#fly(request, found)
      return answerOf(found, request, 'store')
    }
    const flight = this.#flights.get(request.url)
    if (flight !== undefined) {
      await flight
      const landed = this.#find(request)
      if (landed && this.#useOf(landed) === 'fresh') return answerOf(landed, request, 'store')
    }
    return this.#fly(request, found)
  }

  /** Waits for what is asked behind readers' backs. */
  async settle(): Promise<void> {
    await Promise.all(this.#flights.values())
  }

  #fly(request: Request, found: Stored | undefined): Promise<CachedAnswer> {
    const flight = this.#forward(request, found)
    this.#flights.set(request.url, flight)
    return flight.finally(() => {
      if (this.#flights.get(request.url) === flight) this.#flights.delete(request.url)
    })
  }

  /** The newest answer to the same URL whose `Vary` fits (RFC 9111 §4.1). */
  #find(request: Request): Stored | undefined {
    return this.#stored.get(request.url)?.findLast(({ headers, asked }) => {
      if (this.#isHostile) return true
      const names = (headers.get('vary') ?? '').split(',').map((name) => name.trim())
      return names.every(
        (name) => name !== '*' && (name === '' || asked.get(name) === request.headers.get(name)),
      )
    })
  }

  /** RFC 9111 §4.2, RFC 5861 §3. */
  #useOf({ headers, at }: Stored): 'fresh' | 'stale' | undefined {
    if (this.#isHostile) return 'fresh'
    const says = directivesOf(headers)
    const told = says.get('s-maxage') ?? says.get('max-age')
    const life = told === undefined ? heuristicSeconds : Number(told)
    const age = (this.#clock.elapsed() - at) / 1000
    if (says.has('no-cache')) return undefined
    if (age < life) return 'fresh'
    const mustAsk = says.has('must-revalidate') || says.has('proxy-revalidate') || says.has('s-maxage')
    return !mustAsk && age < life + Number(says.get('stale-while-revalidate') ?? 0) ? 'stale' : undefined
  }

  /** RFC 9111 §3, §3.5. */
  #mayStore(request: Request, { status, headers }: Response): boolean {
    const isEndless = /event-stream|ndjson/.test(headers.get('content-type') ?? '')
    if (this.#isHostile) return !isEndless
    const says = directivesOf(headers)
    if (isEndless || says.has('no-store') || says.has('private')) return false
    const mayShare = ['public', 's-maxage', 'must-revalidate'].some((name) => says.has(name))
    if (request.headers.has('authorization') && !mayShare) return false
    return says.has('public') || says.has('max-age') || says.has('s-maxage') || heuristic.has(status)
  }

  async #forward(request: Request, found: Stored | undefined): Promise<CachedAnswer> {
    const headers = new Headers(request.headers)
    const own = found?.headers.get('etag')
    if (own) headers.append('if-none-match', own)
    const response = await this.#origin(new Request(request.url, { headers }))
    if (response.status === 304) return this.#freshen(request, response)
    if (!this.#mayStore(request, response)) return pass(response)
    const body = await response.text()
    const stored = {
      status: response.status,
      headers: response.headers,
      body,
      asked: request.headers,
      at: this.#clock.elapsed(),
    }
    this.#stored.set(request.url, [...(this.#stored.get(request.url) ?? []), stored])
    return { ...stored, from: 'origin' }
  }

  /** A 304 makes what is kept under its tag fresh, and is passed on where nothing is (RFC 9111 §4.3.3, §4.3.4). */
  #freshen(request: Request, { headers }: Response): CachedAnswer {
    const tag = opaque(headers.get('etag') ?? '')
    const kept = this.#stored.get(request.url)?.filter((one) => opaque(one.headers.get('etag') ?? '') === tag)
    for (const one of kept ?? []) {
      one.headers = new Headers({ ...Object.fromEntries(one.headers), ...Object.fromEntries(headers) })
      one.at = this.#clock.elapsed()
    }
    const found = this.#find(request)
    return found && kept?.includes(found)
      ? answerOf(found, request, 'revalidated')
      : { status: 304, headers, body: '', from: 'origin' }
  }
}

async function pass(response: Response): Promise<CachedAnswer> {
  const { status, headers } = response
  const isEndless = /event-stream|ndjson/.test(headers.get('content-type') ?? '')
  if (isEndless) await response.body?.cancel()
  return { status, headers, body: isEndless ? '' : await response.text(), from: 'origin' }
}

/** A reader that has it already gets a 304 (RFC 9111 §4.3.2). */
function answerOf(stored: Stored, request: Request, from: CachedAnswer['from']): CachedAnswer {
  const { status, headers, body } = stored
  const isKnown = tagsOf(request.headers).includes(opaque(headers.get('etag') ?? 'none'))
  return isKnown ? { status: 304, headers, body: '', from } : { status, headers, body, from }
}
