import { mediaTypeOf } from '@gamut/protocol'
import { closedEvent, type Feed } from './feed.js'
import { openConnection, WireClosed } from './raw-connection.js'
import type { ReadRequest } from './read-request.js'
import type { ClosedEvent } from './reader-event.js'
import { readRefusal } from './wire-error.js'

/** Ends the reading of a connection that never answered; anything else is a fault of the server and is thrown. */
export function closedBy(error: unknown): ClosedEvent {
  if (error instanceof WireClosed) return closedEvent(error.how, { message: error.message })
  throw error
}

/** Reads an endless response as UTF-8 text, piece by piece, to its end. */
export async function readStream(
  request: ReadRequest,
  mediaType: string,
  feed: Feed,
  onText: (text: string) => void,
): Promise<ClosedEvent> {
  const connection = openConnection(request)
  feed.use(connection)
  try {
    const response = await connection.request(request)
    const { status } = response
    if (status !== 200 || mediaTypeOf(response.headers.get('content-type') ?? '') !== mediaType) {
      return await readRefusal(response, feed)
    }
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
    for await (const piece of response.body) onText(decoder.decode(piece, { stream: true }))
    return closedEvent(await response.finished, { status })
  } catch (error) {
    return closedBy(error)
  } finally {
    connection.close()
  }
}
