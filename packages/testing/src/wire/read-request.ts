import type { TransportName } from '@gamut/protocol'
import type { RawTarget } from './raw-connection.js'

/** What to read, from where and how. */
export interface ReadOptions {
  /** Of the server, with its `basePath` if it has one: `http://127.0.0.1:8080/live`. */
  readonly origin: string
  /** One name is read at `/channels/{channel}`, a list at `/channels`, even a list of one. */
  readonly channel: string | readonly string[]
  /**
   * `oldest`, `newest` or where to resume. A list gives one for each channel in their order, empty for none. Default:
   * none, and the server decides where to begin.
   */
  readonly cursor?: string | readonly string[]
  /** Where to resume, sent as `Last-Event-ID` in place of the query, by the first request only. */
  readonly lastEventId?: string
  /** Begin with the last so many messages. */
  readonly last?: number
  /** Greatest number of messages in a batch. */
  readonly limit?: number
  /** How long one long-poll may wait, in seconds; the server's default if absent. */
  readonly waitSeconds?: number
  /** The same for the first one: with 0 it tells at once where reading begins. */
  readonly firstWaitSeconds?: number
  /** Time between two polls in place of the server's advice. */
  readonly pollMs?: number
  /** `false`: events carry the data alone, as a plain EventSource gets them. Default: the whole message. */
  readonly envelope?: boolean
  /** Whether the transport is named in the query (the default) or asked for by header fields. */
  readonly ask?: 'query' | 'headers'
  /** More query parameters. */
  readonly query?: Readonly<Record<string, string>>
  /** More header fields. */
  readonly headers?: Readonly<Record<string, string>>
}

/** A request line and header fields, ready for the wire. */
export interface ReadRequest extends RawTarget {
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
}

const accepted: Partial<Record<TransportName, string>> = {
  sse: 'text/event-stream',
  ndjson: 'application/x-ndjson',
}

function transportFields(transport: TransportName, options: ReadOptions, isFirst: boolean) {
  const { ask = 'query', firstWaitSeconds, lastEventId } = options
  const waitSeconds = (isFirst ? firstWaitSeconds : undefined) ?? options.waitSeconds
  const query: [string, string][] = []
  const headers: Record<string, string> = {}
  if (isFirst && lastEventId !== undefined) headers['Last-Event-ID'] = lastEventId
  const accept = accepted[transport]
  if (transport === 'websocket') return { query, headers }
  if (ask === 'query') query.push(['as', transport])
  else if (accept) headers['Accept'] = accept
  if (transport === 'long-poll') {
    if (ask === 'headers') headers['Prefer'] = `wait=${waitSeconds ?? 25}`
    else if (waitSeconds !== undefined) query.push(['wait', String(waitSeconds)])
  }
  if (transport === 'sse' && options.envelope !== false) query.push(['envelope', 'true'])
  return { query, headers }
}

/** The channels of a read, always as a list. */
export function channelsOf({ channel }: Pick<ReadOptions, 'channel'>): readonly string[] {
  return typeof channel === 'string' ? [channel] : channel
}

/** Builds the request that reads over a transport, from `cursor` in place of the options' own position if it is given. */
export function buildReadRequest(
  transport: TransportName,
  options: ReadOptions,
  cursor?: string,
): ReadRequest {
  const url = new URL(options.origin)
  const fields = transportFields(transport, options, cursor === undefined)
  const query = new URLSearchParams()
  const several = typeof options.channel !== 'string'
  if (several) for (const channel of options.channel) query.append('channel', channel)
  for (const [name, value] of fields.query) query.append(name, value)
  const from = cursor ?? options.cursor
  for (const text of typeof from === 'object' ? from : from === undefined ? [] : [from]) {
    query.append('cursor', text)
  }
  if (options.last !== undefined && cursor === undefined) query.append('last', String(options.last))
  if (options.limit !== undefined) query.append('limit', String(options.limit))
  for (const [name, value] of Object.entries(options.query ?? {})) query.append(name, value)
  const path = `${url.pathname.replace(/\/$/, '')}/channels${several ? '' : `/${options.channel}`}`
  const text = query.toString()
  const secure = url.protocol === 'https:' || url.protocol === 'wss:'
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(url.port) || (secure ? 443 : 80),
    ...(secure && { secure }),
    target: text === '' ? path : `${path}?${text}`,
    headers: { ...fields.headers, ...options.headers },
  }
}
