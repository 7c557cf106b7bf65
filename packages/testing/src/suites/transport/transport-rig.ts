import { type Cursor, isJsonObject, type TransportName } from '@gamut/protocol'
import { GamutError, type GamutOptions } from '@gamut/server'
import { openReader, type WireReader } from '../../wire/open-reader.js'
import { rawRequest } from '../../wire/raw-request.js'
import type { ReadOptions } from '../../wire/read-request.js'
import type { ReaderEvent, ReadMessage } from '../../wire/reader-event.js'
import { type EventSource, takeMessages } from '../../wire/take.js'
import type { TransportTraits } from './traits.js'
import type { ServerUnderTest } from './transport-harness.js'

/** One rule that every transport keeps. */
export interface TransportCase {
  /** A sentence with its section. */
  readonly title: string
  /** Which transports the rule is about, by their traits. Default: all. */
  readonly about?: (traits: TransportTraits) => boolean
  /** Needs a server of its own with these options besides. */
  readonly options?: GamutOptions
  run(rig: TransportRig): Promise<void>
}

/** Kinds of channels that the suite's servers define, each as the first segment of a name. */
export type ChannelKind =
  | 'log'
  | 'oldest'
  | 'newest'
  | 'short'
  | 'large'
  | 'keyed'
  | 'keyed-short'
  | 'secret'
  | 'busy'
  | 'conflated'
  | 'counter'
  | 'shaky'

const loads = new Map<string, number>()

/** How often a channel has been computed, this time included. */
function countLoad(channel: string): number {
  const count = (loads.get(channel) ?? 0) + 1
  loads.set(channel, count)
  return count
}

/** The options of the suite's servers. */
export const suiteOptions: GamutOptions = {
  channels: {
    'oldest/*': { initial: 'oldest' },
    'newest/*': { initial: 'newest' },
    'short/*': { retention: { count: 3 } },
    'large/*': { retention: { bytes: 64 * 1024 * 1024 } },
    'keyed/*': { keyed: true },
    'keyed-short/*': { keyed: true, retention: { count: 3 } },
    'conflated/*': { conflate: true, retention: { bytes: 64 * 1024 * 1024 } },
    'counter/*': { source: { everyMs: 20, load: ({ channel }) => countLoad(channel) } },
    'shaky/*': {
      source: {
        everyMs: 20,
        load: ({ channel }) => {
          const count = countLoad(channel)
          if (count === 1) throw new Error('a secret of the database')
          return count - 1
        },
      },
    },
  },
  authorize: (_identity, action, channel) => {
    if (channel.startsWith('busy/') && action === 'read') {
      throw new GamutError('rate_limited', 'Come back in a while.', 1500)
    }
    return !channel.startsWith('secret/')
  },
}

/** One message to publish: its data as JSON text, or a whole line. */
export type Line =
  | string
  | { readonly data?: string; readonly event?: string; readonly key?: string; readonly id?: string }

/** What a test works with. */
export class TransportRig {
  readonly traits: TransportTraits
  readonly origin: string
  readonly #server: ServerUnderTest
  readonly #readers: { close(): void }[] = []
  static #count = 0

  constructor(traits: TransportTraits, server: ServerUnderTest, basePath: string) {
    this.traits = traits
    this.#server = server
    this.origin = `${server.origin}${basePath}`
  }

  /** A channel of the test's own. */
  channel(kind: ChannelKind = 'log'): string {
    return `${kind}/${TransportRig.#count++}`
  }

  /** Opens a reader of the transport under test; closed with the test. */
  read(channel: string | readonly string[], options: Partial<ReadOptions> = {}): WireReader {
    return this.readBy(this.traits.name, channel, options)
  }

  /** Opens a reader of any transport. */
  readBy(
    transport: TransportName,
    channel: string | readonly string[],
    options: Partial<ReadOptions> = {},
  ): WireReader {
    // What is tested is what answers say, not how long a poll stays away or a long-poll waits for its first news.
    const quick = { pollMs: 2, firstWaitSeconds: 0 }
    const reader = openReader(transport, { origin: this.origin, channel, ...quick, ...options })
    this.#readers.push(reader)
    return reader
  }

  /** Publishes lines as one append; gives the cursor after the last. */
  async publish(channel: string, lines: readonly Line[], query = ''): Promise<Cursor> {
    const body = lines.map(toLine).join('\n')
    const answer = await this.post(`/channels/${channel}${query}`, body, 'application/x-ndjson')
    return answer['cursor'] as Cursor
  }

  /** Publishes a body; fails unless it was stored. */
  async post(path: string, body: string, contentType: string): Promise<Readonly<Record<string, unknown>>> {
    const { hostname: host, port, pathname } = new URL(this.origin)
    const target = `${pathname.replace(/\/$/, '')}${path}`
    const headers = { 'Content-Type': contentType }
    const answer = await rawRequest({ host, port: Number(port), method: 'POST', target, headers, body })
    const text = await answer.text()
    if (answer.status >= 300) throw new Error(`A publish was answered ${answer.status}: ${text}`)
    const parsed: unknown = JSON.parse(text)
    return isJsonObject(parsed) ? parsed : {}
  }

  /** Deletes a key. */
  async deleteKey(channel: string, key: string): Promise<void> {
    const { hostname: host, port, pathname } = new URL(this.origin)
    const target = `${pathname.replace(/\/$/, '')}/channels/${channel}?key=${key}`
    const answer = await rawRequest({ host, port: Number(port), method: 'DELETE', target })
    if (answer.status >= 300) throw new Error(`A deletion was answered ${answer.status}`)
    await answer.finished
  }

  /** Ends a channel for good. */
  async end(channel: string): Promise<void> {
    await this.post(`/channels/${channel}?close=true`, '', 'application/x-ndjson')
  }

  /** Waits until the server holds so many connections. */
  async whenHeld(count: number): Promise<void> {
    while ((await this.#server.held()) !== count) await new Promise((resolve) => setTimeout(resolve, 2))
  }

  /** Drains and ends the server; for tests with a server of their own. */
  stop(): Promise<void> {
    return this.#server.close()
  }

  /** Closes what the test opened. */
  close(): void {
    for (const reader of this.#readers) reader.close()
  }
}

function toLine(line: Line): string {
  if (typeof line === 'string') return `{"data":${line}}`
  const { data, ...named } = line
  const rest = JSON.stringify(named)
  return data === undefined ? rest : `{"data":${data}${rest === '{}' ? '' : `,${rest.slice(1, -1)}`}}`
}

/** The data of the next so many messages, as JSON texts. */
export async function takeData(
  source: EventSource<{ readonly kind: string }>,
  count: number,
): Promise<readonly (string | undefined)[]> {
  const taken = await takeMessages(source as WireReader, count)
  return taken.map(({ message }) => message.data)
}

/** The first event that is about reading: before it a transport may greet. */
export async function takeFirst(reader: WireReader): Promise<ReaderEvent | undefined> {
  const event = await reader.next()
  return event?.kind === 'welcome' ? reader.next() : event
}

/** A message's key and data in one text, `key=data` or `key deleted`. */
export function shown({ key, data, deleted }: ReadMessage): string {
  return deleted ? `${key} deleted` : `${key}=${data}`
}

/** The JSON texts of the numbers from one to another. */
export function numbers(from: number, to: number): readonly string[] {
  return Array.from({ length: to - from + 1 }, (_, index) => String(from + index))
}
