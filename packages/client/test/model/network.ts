import type { Environment, EnvironmentChange } from '@gamut/client'
import type { TransportName } from '@gamut/protocol'
import { createVirtualClock } from '@gamut/testing'
import { type Frame, ModelServer, type Reader } from './server.js'

const encoder = new TextEncoder()
const json = (body: unknown, status = 200) => Response.json(body, { status })
/** Half a round trip: whoever comes back at once does not come back at the same time for ever. */
const tripMs = 5
const never = () => new Promise<never>(() => undefined)

/** A response without an end. */
function stream(
  server: ModelServer,
  as: TransportName,
  cursors: ReadonlyMap<string, string>,
  signal: AbortSignal,
) {
  // Events are frames (PROTOCOL §6).
  const [type, prefix] = as === 'sse' ? ['text/event-stream', '\ndata: '] : ['application/x-ndjson', '']
  let leave = () => {}
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      let isOver = false
      const end = () => {
        if (isOver) return
        isOver = true
        leave()
        controller.error(new TypeError('terminated'))
      }
      const reader: Reader = {
        transport: as,
        lanes: new Map(),
        isMute: server.troubles.has('mute') || server.troubles.has('streams'),
        tell: (frame) => controller.enqueue(encoder.encode(`${prefix}${JSON.stringify(frame)}\n`)),
        cut: end,
      }
      signal.addEventListener('abort', end)
      leave = server.join(reader, cursors)
    },
    cancel: () => leave(),
  })
  return new Response(body, { headers: { 'content-type': type as string } })
}

/** A poll's body, at once or when there is something. */
async function poll(
  server: ModelServer,
  as: TransportName,
  cursors: ReadonlyMap<string, string>,
  isAlone: boolean,
) {
  const answers = () => [...cursors].map(([channel, cursor]) => server.answer(channel, cursor))
  const isNews = () => answers().some(({ messages, outcome }) => messages.length > 0 || outcome === 'gap')
  if (as === 'long-poll' && !isNews()) await new Promise<void>((resolve) => server.wait(25_000, resolve))
  if (server.troubles.has('mute')) await never()
  const channels = answers()
  const pollAfterMs = channels.some(({ more }) => more) ? 0 : 2000
  const text = JSON.stringify(isAlone ? { ...channels[0], pollAfterMs } : { channels, pollAfterMs })
  const given = server.isTruncating ? text.slice(0, text.length / 2) : text
  server.isTruncating = false
  return new Response(given, { headers: { 'content-type': 'application/json' } })
}

async function answer(server: ModelServer, url: URL, signal: AbortSignal): Promise<Response> {
  await new Promise<void>((resolve) => server.after(tripMs, resolve))
  if (signal.aborted) throw signal.reason
  if (server.troubles.has('away')) throw new TypeError('fetch failed')
  if (server.troubles.has('captive'))
    return new Response('<html>Log in</html>', { headers: { 'content-type': 'text/html' } })
  if (server.troubles.has('busy'))
    return json({ error: { code: 'overloaded', message: 'Later.', docs: '', retryAfterMs: 1500 } }, 503)
  const alone = /\/channels\/(.+)$/.exec(url.pathname)?.[1]
  if (url.searchParams.has('info'))
    return json({
      channel: alone,
      need: {},
      advised: ['sse', 'ndjson', 'long-poll', 'poll'],
      pollAfterMs: 2000,
    })
  const names = alone ? [decodeURIComponent(alone)] : url.searchParams.getAll('channel')
  const asked = url.searchParams.getAll('cursor')
  const cursors = new Map(names.map((name, index) => [name, asked[index] ?? '']))
  const as = url.searchParams.get('as') as TransportName
  if (as === 'sse' || as === 'ndjson') return stream(server, as, cursors, signal)
  return poll(server, as, cursors, alone !== undefined)
}

/** A WebSocket to the faulty server. */
class ModelSocket {
  onopen = () => {}
  onmessage = (_: { data: string }) => {}
  onclose = (_: { code: number; reason: string }) => {}
  onerror = () => {}
  #leave = () => {}
  #isOver = false
  readonly #server: ModelServer
  readonly #reader: Reader = {
    transport: 'websocket',
    lanes: new Map(),
    isMute: false,
    tell: (frame) => this.#give(frame),
    cut: () => this.#end(),
  }

  constructor(server: ModelServer) {
    this.#server = server
    this.#reader.isMute = server.troubles.has('mute')
    server.after(tripMs, () => {
      if (this.#isOver) return
      if (['away', 'sockets', 'captive', 'busy'].some((trouble) => server.troubles.has(trouble as never)))
        this.#end()
      else {
        this.#leave = server.join(this.#reader, new Map())
        this.onopen()
        if (!this.#reader.isMute)
          this.#give({ type: 'welcome', node: 'n', heartbeatMs: 15_000, connection: 'c' })
      }
    })
  }

  send(text: string): void {
    const { type, ref, channel, cursor = '' } = JSON.parse(text)
    if (this.#reader.isMute || this.#isOver) return
    if (type === 'unsubscribe') this.#reader.lanes.delete(channel)
    this.#give({ type: 'ok', ref })
    if (type === 'subscribe') this.#server.open(this.#reader, channel, cursor)
  }

  close(): void {
    this.#isOver = true
    this.#leave()
  }

  #give(frame: Frame): void {
    queueMicrotask(() => {
      if (!this.#isOver) this.onmessage({ data: JSON.stringify(frame) })
    })
  }

  #end(): void {
    queueMicrotask(() => {
      if (this.#isOver) return
      this.close()
      this.onclose({ code: 1006, reason: '' })
    })
  }
}

/** A page in virtual time, and the faulty server that is all it can reach. */
export function createModel(random: () => number) {
  const clock = createVirtualClock()
  const server = new ModelServer(clock)
  const listeners = new Set<(what: EnvironmentChange) => void>()
  const page = { isHidden: false, isOffline: false, network: 'home' }
  const environment: Environment = {
    fetch: (input, init) => {
      const signal = init?.signal ?? new AbortController().signal
      const aborted = new Promise<never>((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason))
      })
      return Promise.race([answer(server, new URL(String(input)), signal), aborted])
    },
    WebSocket: class extends ModelSocket {
      constructor() {
        super(server)
      }
    } as never,
    now: clock.now,
    elapsed: clock.elapsed,
    random,
    after: clock.after,
    network: () => page.network,
    isHidden: () => page.isHidden,
    isOffline: () => page.isOffline,
    onChange: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
  const change = (what: EnvironmentChange) => {
    page.isHidden = what === 'hidden' || (page.isHidden && what !== 'visible')
    page.isOffline = what === 'offline' || (page.isOffline && what !== 'online')
    for (const listener of [...listeners]) listener(what)
  }
  return { clock, server, environment, change }
}
