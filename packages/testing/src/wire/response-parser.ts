/** The first part of a response, as it came. */
export interface ResponseHead {
  readonly status: number
  readonly reason: string
  /** Header fields in the order and the spelling of the wire. */
  readonly rawHeaders: readonly (readonly [name: string, value: string])[]
  /** Values by lower-case name; those of a repeated field are joined with a comma. */
  readonly headers: ReadonlyMap<string, string>
}

/** What a parser found. The body's pieces come without their chunk framing. */
export interface ResponseEvents {
  onHead(head: ResponseHead): void
  onBody(piece: Buffer): void
  /** The body is whole. `rest` belongs to the next response, or to another protocol after a 101. */
  onComplete(rest: Buffer): void
}

/** Takes one response's bytes as they come. Throws on bytes that are no HTTP/1.1. */
export interface ResponseParser {
  feed(bytes: Buffer): void
  /** The peer has ended its side: whether that is how this body ends. */
  end(): boolean
}

type Step =
  | 'head'
  | 'chunk-size'
  | 'chunk-data'
  | 'chunk-end'
  | 'trailers'
  | 'length'
  | 'until-close'
  | 'done'

const maxLineBytes = 64 * 1024

function parseHead(lines: readonly string[]): ResponseHead {
  const [first = '', ...fields] = lines
  const match = /^HTTP\/1\.[01] (\d{3})(?: (.*))?$/.exec(first)
  if (!match) throw new Error(`Not a status line: ${JSON.stringify(first.slice(0, 100))}`)
  const headers = new Map<string, string>()
  const rawHeaders = fields.map((line) => {
    const colon = line.indexOf(':')
    if (colon < 1) throw new Error(`Not a header field: ${JSON.stringify(line.slice(0, 100))}`)
    const name = line.slice(0, colon)
    const value = line.slice(colon + 1).trim()
    const before = headers.get(name.toLowerCase())
    headers.set(name.toLowerCase(), before === undefined ? value : `${before}, ${value}`)
    return [name, value] as const
  })
  return { status: Number(match[1]), reason: match[2] ?? '', rawHeaders, headers }
}

function firstStep(head: ResponseHead, method: string): { step: Step; left: number } {
  if (method === 'HEAD' || head.status === 101 || head.status === 204 || head.status === 304) {
    return { step: 'done', left: 0 }
  }
  if (/(?:^|,)\s*chunked\s*$/i.test(head.headers.get('transfer-encoding') ?? '')) {
    return { step: 'chunk-size', left: 0 }
  }
  const length = head.headers.get('content-length')
  if (length === undefined) return { step: 'until-close', left: Number.POSITIVE_INFINITY }
  if (!/^\d+$/.test(length)) throw new Error(`Not a length: ${JSON.stringify(length)}`)
  return Number(length) === 0 ? { step: 'done', left: 0 } : { step: 'length', left: Number(length) }
}

class Http1Parser implements ResponseParser {
  readonly #method: string
  readonly #events: ResponseEvents
  #step: Step = 'head'
  #left = 0
  #pending: Buffer = Buffer.alloc(0)
  #lines: string[] = []

  constructor(method: string, events: ResponseEvents) {
    this.#method = method
    this.#events = events
  }

  feed(bytes: Buffer): void {
    if (this.#step === 'done') throw new Error('Bytes after the end of the response.')
    this.#pending = this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes])
    while (this.#advance()) {
      if (this.#isDone()) {
        this.#events.onComplete(this.#pending)
        return
      }
    }
  }

  end(): boolean {
    return this.#step === 'until-close'
  }

  #isDone(): boolean {
    return this.#step === 'done'
  }

  /** Takes what is there; `false` when more bytes are needed. */
  #advance(): boolean {
    const step = this.#step
    if (step === 'length' || step === 'until-close' || step === 'chunk-data') {
      if (this.#pending.length === 0) return false
      this.#takeBody(step === 'chunk-data' ? 'chunk-end' : 'done')
      return true
    }
    const line = this.#takeLine()
    if (line === undefined) return false
    if (step === 'head') this.#takeHeadLine(line)
    else if (step === 'chunk-size') this.#takeChunkSize(line)
    else if (step === 'trailers') this.#step = line === '' ? 'done' : 'trailers'
    else if (line === '') this.#step = 'chunk-size'
    else throw new Error('A chunk is longer than its size.')
    return true
  }

  #takeLine(): string | undefined {
    const end = this.#pending.indexOf('\r\n')
    if (end < 0) {
      if (this.#pending.length > maxLineBytes) throw new Error('A line does not end.')
      return undefined
    }
    const line = this.#pending.toString('latin1', 0, end)
    this.#pending = this.#pending.subarray(end + 2)
    return line
  }

  #takeBody(next: Step): void {
    const piece = this.#pending.subarray(0, Math.min(this.#left, this.#pending.length))
    this.#pending = this.#pending.subarray(piece.length)
    this.#left -= piece.length
    if (this.#left === 0) this.#step = next
    if (piece.length > 0) this.#events.onBody(piece)
  }

  #takeHeadLine(line: string): void {
    if (line !== '') {
      this.#lines.push(line)
      return
    }
    const head = parseHead(this.#lines)
    this.#lines = []
    // 100 and 103 come before the response itself.
    if (head.status < 200 && head.status !== 101) return
    const first = firstStep(head, this.#method)
    this.#step = first.step
    this.#left = first.left
    this.#events.onHead(head)
  }

  #takeChunkSize(line: string): void {
    const digits = /^([0-9a-f]{1,8})\s*(?:;.*)?$/i.exec(line)?.[1]
    if (digits === undefined) throw new Error(`Not a chunk's size: ${JSON.stringify(line.slice(0, 100))}`)
    this.#left = Number.parseInt(digits, 16)
    this.#step = this.#left === 0 ? 'trailers' : 'chunk-data'
  }
}

/** Creates a parser for the one response to a request of this method (RFC 9112). */
export function createResponseParser(method: string, events: ResponseEvents): ResponseParser {
  return new Http1Parser(method, events)
}
