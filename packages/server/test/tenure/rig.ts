import { createVirtualClock, type VirtualClock } from '@gamut/testing'
import { onTestFinished } from 'vitest'
import {
  createGamut,
  type FrameOwner,
  type FrameWire,
  type Gamut,
  type GamutOptions,
  type HttpRequest,
  type Identity,
  type PlainReply,
  type WireOwner,
} from '../../src/index.js'

const decoder = new TextDecoder()

type ParkedOwner = Pick<WireOwner, 'closed'>

/** Transports that hold a reader, as `as` names them. */
export const heldTransports = ['long-poll', 'sse', 'ndjson', 'websocket'] as const

/** Who asks, from `Authorization: Bearer <name>`, and with which header fields. */
export interface Asking {
  readonly token?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly method?: string
  readonly body?: string
}

/** A request without a socket. */
function toRequest(
  target: string,
  { token, headers = {}, method = 'GET', body }: Asking,
  isUpgrade = false,
): HttpRequest {
  const all: Record<string, string> = { host: 'gamut.test', ...headers }
  if (token !== undefined) all['authorization'] = `Bearer ${token}`
  return {
    method,
    target,
    address: '127.0.0.1',
    isUpgrade,
    header: (name) => all[name],
    body: async () => new TextEncoder().encode(body ?? ''),
    toRequest: () => new Request(`http://gamut.test${target}`, { method, headers: all }),
  }
}

/** One reader as a runtime sees it: what was written to it, and how it ended. */
export class Reading implements FrameWire {
  text = ''
  headers: PlainReply['headers'] = {}
  /** A status of its own, or the close code of a WebSocket; 0 for the end of a held response. */
  ending: { readonly status: number; readonly reason: string } | undefined
  isFull = false
  isCut = false
  owner: WireOwner | FrameOwner | ParkedOwner | undefined

  write(chunks: readonly Uint8Array[]): boolean {
    this.text += chunks.map((chunk) => decoder.decode(chunk)).join('')
    return !this.isFull
  }

  ping(): void {}

  pause(): void {}

  resume(): void {}

  end(code?: number, reason?: string): void {
    this.ending ??= { status: code ?? 0, reason: reason ?? '' }
    this.owner?.closed()
  }

  abort(): void {
    this.isCut = true
    this.ending ??= { status: 0, reason: 'cut' }
  }

  /** The reader takes what it was given, and more. */
  drain(): void {
    this.isFull = false
    ;(this.owner as WireOwner | undefined)?.drained()
  }

  send(frame: object): void {
    ;(this.owner as FrameOwner).receive(JSON.stringify(frame))
  }

  answer({ status, headers, body }: PlainReply): void {
    this.text += body
    this.headers = headers
    this.ending = { status, reason: '' }
  }

  get isOver(): boolean {
    return this.ending !== undefined
  }
}

/** What operators of the rig's servers send. */
const operationsKey = 'the key of the operators'.replaceAll(' ', '-')

/** A server by a clock that stands still, whose callers are known by the names in `known`. */
export function createTenureRig(options: GamutOptions = {}) {
  const clock = (options.clock as VirtualClock | undefined) ?? createVirtualClock()
  const known = new Map<string, Identity>()
  const gamut = createGamut({
    clock,
    operationsKey,
    random: () => 0.5,
    authenticate: (request) =>
      known.get(request.headers.get('authorization')?.slice('Bearer '.length) ?? '') ?? null,
    authorize: (identity) => identity !== null,
    ...options,
  })
  onTestFinished(() => gamut.stop())
  return {
    clock,
    gamut,
    known,
    revoke: (body: unknown, token = operationsKey) =>
      askPlain(gamut, '/revocations', {
        token,
        method: 'POST',
        body: typeof body === 'string' ? body : JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      }),
    /** Asks for a ticket as whoever the token is of. */
    ticket: async (token: string, ...channels: string[]): Promise<string> => {
      const headers = { 'content-type': 'application/json' }
      const body = JSON.stringify({ channels })
      const { body: answer } = await askPlain(gamut, '/tickets', { token, method: 'POST', headers, body })
      return JSON.parse(answer).ticket
    },
    ask: (target: string, asking: Asking = {}) => askPlain(gamut, target, asking),
    /** Asks for a held reader; `begin` is what the runtime does once it has the reply. */
    prepare: (target: string, asking: Asking = {}) => prepare(gamut, target, asking),
    open: async (target: string, asking: Asking = {}) => (await prepare(gamut, target, asking)).begin(),
    /** Lets the event loop turn until nothing more is to be written. */
    turns,
  }
}

async function askPlain(gamut: Gamut, target: string, asking: Asking): Promise<PlainReply> {
  const reply = await gamut.handle(toRequest(target, asking))
  if (reply.kind !== 'plain') throw new Error(`a held answer: ${reply.kind}`)
  return reply
}

async function prepare(gamut: Gamut, target: string, asking: Asking) {
  const reading = new Reading()
  const isSocket = target.includes('as=websocket') || target.startsWith('/connect')
  const reply = await gamut.handle(toRequest(target, asking, isSocket))
  return {
    begin: () => {
      if (reply.kind === 'plain') reading.answer(reply)
      else if (reply.kind === 'parked') reading.owner = reply.start((answer) => reading.answer(answer))
      else reading.owner = reply.start(reading)
      // It may have been over at its start.
      if (reading.ending && reply.kind !== 'parked') reading.owner?.closed()
      return reading
    },
  }
}

/** Some turns of the event loop. */
async function turns(count = 8): Promise<void> {
  for (let n = 0; n < count; n++) await new Promise((resolve) => setImmediate(resolve))
}
