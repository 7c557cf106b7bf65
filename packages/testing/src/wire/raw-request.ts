import {
  openConnection,
  type RawConnection,
  type RawMessage,
  type RawResponse,
  type RawTarget,
} from './raw-connection.js'

/** One request on a connection of its own. */
export interface RawRequestOptions extends RawTarget, RawMessage {
  /** Closes the connection, whatever it is doing. */
  readonly signal?: AbortSignal
}

/** The answer, with the connection that carries it. */
export interface RawAnswer extends RawResponse {
  readonly connection: RawConnection
}

/**
 * Sends one request over TCP and gives the answer as soon as its head is there; its body may be endless. Adds
 * `Connection: close` unless the headers say something of it. Rejects with `WireClosed`.
 */
export async function rawRequest(options: RawRequestOptions): Promise<RawAnswer> {
  const { signal } = options
  const connection = openConnection(options, { keepBytes: true })
  const abort = () => connection.close()
  signal?.addEventListener('abort', abort)
  if (signal?.aborted) abort()
  const given = options.headers ?? {}
  const headers = Array.isArray(given) ? given : Object.entries(given)
  const says = headers.some(([name]) => String(name).toLowerCase() === 'connection')
  void connection.closed.then(() => signal?.removeEventListener('abort', abort))
  const response = await connection.request({
    ...options,
    headers: says ? headers : [...headers, ['Connection', 'close']],
  })
  if (response.status !== 101) void response.finished.then(() => connection.close())
  return { ...response, connection }
}
