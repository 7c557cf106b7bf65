import { persist } from './attempts.js'
import type { Client } from './client.js'
import { drawId } from './draw-id.js'
import { channelPath, request } from './transports/ask.js'
import type { Link, Outgoing, Published } from './transports/transport.js'

/** For how long it is tried: within the window that knows repeats (PROTOCOL §3), in milliseconds. */
const allMs = 120_000

/** How a message is published. */
export interface PublishOptions {
  readonly event?: string | undefined
  readonly key?: string | undefined
  /** The message's own name, which readers see: publishing it again stores nothing. One is drawn if none is given. */
  readonly id?: string | undefined
  readonly signal?: AbortSignal | undefined
}

/** The open link that takes frames, if there is one. */
export function twoWay({ links }: Client): Link | undefined {
  return [...links].find(({ link }) => link.tell)?.link
}

async function post({ server }: Client, channel: string, body: string, signal: AbortSignal) {
  const response = await request(server, channelPath(channel), undefined, {
    method: 'POST',
    // The only type that carries a message's id (PROTOCOL §3).
    headers: { 'content-type': 'application/x-ndjson' },
    body,
    signal,
  })
  const { cursor, messages } = (await response.json()) as { cursor: string; messages: [Published] }
  return { ...messages[0], cursor, replayed: response.status === 200 || undefined }
}

/**
 * Publishes, and again under the same id for as long as it is not known what became of it: an answer that was lost,
 * `publish_unknown`, a server that is away. What the server refuses for good is not tried again (PROTOCOL §3).
 */
export async function publish(
  client: Client,
  channel: string,
  message: Outgoing,
  given?: AbortSignal,
): Promise<Published> {
  const named = { ...message, id: message.id ?? drawId() }
  // What cannot be written is the application's fault, and no try would change it.
  const body = JSON.stringify(named)
  const tryOnce = (signal: AbortSignal): Promise<Published> =>
    twoWay(client)?.tell?.<Published>({ type: 'publish', channel, ...named }) ??
    post(client, channel, body, signal)
  const { cursor, offset, time, replayed } = await persist(client, allMs, tryOnce, given)
  return { cursor, offset, time, replayed }
}
