import type { IncomingMessage, ServerResponse } from 'node:http'
import { dataOf } from '../data.ts'
import { cursorOf, gamut, messagesOf, openingOf } from './gamut.ts'
import { readPath } from './modes.ts'
import { pour, ringOf } from './pour.ts'

/** How messages stand in a response without an end. */
interface Stream {
  readonly type: string
  opening(channels: readonly string[]): string
  part(channel: string, from: number, count: number): string
}

const event = (data: string) => `data: ${data}\n\n`
const openOf = (channel: string) => JSON.stringify({ type: 'open', ...openingOf(channel) })
const eventStream = 'text/event-stream'

/** Gamut's frames as events (PROTOCOL §6) and as lines (§7), and what an EventSource of anybody reads. */
const streams: Readonly<Record<string, Stream>> = {
  sse: {
    type: eventStream,
    opening: (channels) => channels.map((channel) => event(openOf(channel))).join(''),
    part: (channel, from, count) => event(gamut.frame(channel, from, count)),
  },
  ndjson: {
    type: 'application/x-ndjson',
    opening: (channels) => channels.map((channel) => `${openOf(channel)}\n`).join(''),
    part: (channel, from, count) => `${gamut.frame(channel, from, count)}\n`,
  },
  plain: {
    type: eventStream,
    opening: () => ':\n\n',
    part: (_channel, from) => `id: ${cursorOf(from)}\n${event(JSON.stringify(dataOf(from)))}`,
  },
}
const rings = new Map<string, readonly Buffer[]>()

function answerJson(response: ServerResponse, body: object): void {
  const text = JSON.stringify(body)
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': text.length })
  response.end(text)
}

/** The answer to a poll (PROTOCOL §15): the first message to who has none, nothing to who has it. */
function answerPoll(response: ServerResponse, channel: string, cursor: string | null): void {
  const rest = { cursor: cursorOf(0), more: false, closed: false, pollAfterMs: 1000 }
  const messages = cursor ? [] : messagesOf(0, 1)
  answerJson(response, { ...rest, channel, outcome: cursor ? 'resumed' : 'live', messages })
}

/** Serves whatever is asked for by HTTP. */
export function takeRequest(request: IncomingMessage, response: ServerResponse): void {
  const { mode, protocol, url } = readPath(request.url ?? '') ?? {}
  if (!mode || !url) {
    response.writeHead(404).end()
    return
  }
  const as = protocol === 'plain' ? protocol : (url.searchParams.get('as') ?? '')
  const stream = streams[as]
  const channels = url.searchParams.getAll('channel')
  if (as.endsWith('poll')) answerPoll(response, url.pathname.slice(10), url.searchParams.get('cursor'))
  else if (stream) {
    response.writeHead(200, { 'content-type': stream.type, 'cache-control': 'no-store' })
    response.flushHeaders()
    if (mode.mute === as) return
    response.write(stream.opening(channels))
    const { perFrame } = mode
    const [first = ''] = channels
    if (perFrame) {
      const name = `${as} ${first} ${perFrame}`
      const ring = rings.get(name) ?? ringOf(perFrame, (from) => stream.part(first, from, perFrame))
      rings.set(name, ring)
      pour(response, ring)
    } else for (const channel of channels.length ? channels : ['']) response.write(stream.part(channel, 0, 1))
  } else answerJson(response, {})
}
