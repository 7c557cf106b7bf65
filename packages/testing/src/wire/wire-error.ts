import { isJsonObject, parseJson } from '@gamut/protocol'
import { closedEvent, type Feed } from './feed.js'
import type { RawResponse } from './raw-connection.js'
import type { ClosedEvent, ErrorEvent } from './reader-event.js'

/** Reads the inside of an `error`, from a body, a frame or an event. */
export function toErrorEvent(error: unknown, status?: number): ErrorEvent {
  const fields = isJsonObject(error) ? error : {}
  const { code, message, channel, ref, retryAfterMs } = fields
  return {
    kind: 'error',
    ...(status !== undefined && { status }),
    code: String(code),
    message: String(message),
    ...(typeof channel === 'string' && { channel }),
    ...((typeof ref === 'string' || typeof ref === 'number') && { ref }),
    ...(typeof retryAfterMs === 'number' && { retryAfterMs }),
  }
}

/** The error that a whole response says; `retryAfter` is its `Retry-After`. */
export function bodyError(status: number, body: string, retryAfter?: string): ErrorEvent {
  const parsed = parseJson(body)
  const error = isJsonObject(parsed) ? parsed['error'] : undefined
  const event = error
    ? toErrorEvent(error, status)
    : ({ kind: 'error', status, code: 'unexpected', message: body.slice(0, 200) } as const)
  if (event.retryAfterMs !== undefined || retryAfter === undefined || !/^\d+$/.test(retryAfter)) return event
  return { ...event, retryAfterMs: Number(retryAfter) * 1000 }
}

/** Ends a reading whose response is not what was asked for: tells its error, unless it is only empty. */
export async function readRefusal(response: RawResponse, feed: Feed): Promise<ClosedEvent> {
  const { status } = response
  const body = await response.text()
  if (status !== 204) feed.emit(bodyError(status, body, response.headers.get('retry-after')))
  return closedEvent(await response.finished, { status })
}
