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

/** Creates a parser for the one response to a request of this method (RFC 9112). */
export function createResponseParser(method: string, events: ResponseEvents): ResponseParser {
  let step: Step = 'head'
  let left = 0
  let pending: Buffer = Buffer.alloc(0)
  let lines: string[] = []

  function takeLine(): string | undefined {
    const end = pending.indexOf('\r\n')
    if (end < 0) {
      if (pending.length > maxLineBytes) throw new Error('A line does not end.')
      return undefined
    }
    const line = pending.toString('latin1', 0, end)
    pending = pending.subarray(end + 2)
    return line
  }

  function takeBody(next: Step): void {
    const piece = pending.subarray(0, Math.min(left, pending.length))
    pending = pending.subarray(piece.length)
    left -= piece.length
    if (left === 0) step = next
    if (piece.length > 0) events.onBody(piece)
  }

  function takeHeadLine(line: string): void {
    if (line !== '') {
      lines.push(line)
      return
    }
    const head = parseHead(lines)
    lines = []
    // 100 and 103 come before the response itself.
    if (head.status < 200 && head.status !== 101) return
    const first = firstStep(head, method)
    step = first.step
    left = first.left
    events.onHead(head)
  }

  function takeChunkSize(line: string): void {
    const digits = /^([0-9a-f]{1,8})\s*(?:;.*)?$/i.exec(line)?.[1]
    if (digits === undefined) throw new Error(`Not a chunk's size: ${JSON.stringify(line.slice(0, 100))}`)
    left = Number.parseInt(digits, 16)
    step = left === 0 ? 'trailers' : 'chunk-data'
  }

  /** Takes what is there; `false` when more bytes are needed. */
  function advance(): boolean {
    if (step === 'length' || step === 'until-close' || step === 'chunk-data') {
      if (pending.length === 0) return false
      takeBody(step === 'chunk-data' ? 'chunk-end' : 'done')
      return true
    }
    const line = takeLine()
    if (line === undefined) return false
    if (step === 'head') takeHeadLine(line)
    else if (step === 'chunk-size') takeChunkSize(line)
    else if (step === 'trailers') step = line === '' ? 'done' : 'trailers'
    else if (line === '') step = 'chunk-size'
    else throw new Error('A chunk is longer than its size.')
    return true
  }

  return {
    feed: (bytes) => {
      if (step === 'done') throw new Error('Bytes after the end of the response.')
      pending = pending.length === 0 ? bytes : Buffer.concat([pending, bytes])
      while (advance()) {
        // advance() may have reached the end, which TypeScript cannot see through the closure.
        if ((step as Step) === 'done') {
          events.onComplete(pending)
          return
        }
      }
    },
    end: () => step === 'until-close',
  }
}
