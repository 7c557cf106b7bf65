import {
  type NewMessage,
  parseEvent,
  parseId,
  parseJson,
  parseKey,
  readData,
  toOneLine,
} from '@gamut/protocol'
import type { ChannelSettings } from '../channels.js'
import { GamutError } from '../error.js'
import type { Limits } from '../options.js'
import type { Wheel } from './wheel.js'
import { within } from './within.js'

/** What bounds how long a schema may take. */
export interface SchemaParts {
  readonly wheel: Wheel
  readonly limits: Pick<Limits, 'hookTimeoutMs'>
}

const encoder = new TextEncoder()

/** What a hook gave to store goes to every reader, so it is checked like what comes from outside; a wrong one is the application's fault. */
export function checkHooked({ data, event, key, id, deleted }: NewMessage): NewMessage {
  const isWhole = deleted ? data === undefined : typeof data === 'string' && parseJson(data) !== undefined
  const parsed = [
    event === undefined || parseEvent(event).ok,
    key === undefined || parseKey(key).ok,
    id === undefined || parseId(id).ok,
  ]
  if (!isWhole || parsed.includes(false)) {
    throw new TypeError(
      'onPublish returned a message whose data is no JSON text, or with a wrong event, key or id',
    )
  }
  return {
    ...(data !== undefined && { data: toOneLine(data) }),
    ...(event !== undefined && { event }),
    ...(key !== undefined && { key }),
    ...(id !== undefined && { id }),
    ...(deleted && { deleted }),
  }
}

/** Throws `too_large` or `key_invalid` for a message that does not fit its channel. */
export function checkMessage(message: NewMessage, settings: ChannelSettings): void {
  const { data = '' } = message
  // A character of JavaScript is at most three bytes of UTF-8, so most messages need not be measured.
  const bytes = data.length * 3 > settings.maxMessageBytes ? encoder.encode(data).length : 0
  if (bytes > settings.maxMessageBytes) {
    throw new GamutError(
      'too_large',
      `A message here has at most ${settings.maxMessageBytes} bytes of data; this one has ${bytes}.`,
    )
  }
  if (settings.keyed && message.key === undefined) {
    throw new GamutError('key_invalid', 'This channel is keyed: give each message a key.')
  }
  if (message.deleted && !settings.keyed) {
    throw new GamutError(
      'key_invalid',
      'Only a key of a keyed channel can be deleted; this channel is not keyed.',
    )
  }
}

/** Rejects with `schema_mismatch` for data that its readers could not read, or once the schema takes too long. */
export async function checkData(
  data: string,
  settings: ChannelSettings,
  { limits, wheel }: SchemaParts,
): Promise<void> {
  const given = readData(settings, parseJson(data))
  const { issues } =
    given instanceof Promise ? await within(given, limits.hookTimeoutMs, wheel, 'schema') : given
  const first = issues?.[0]
  if (!first) return
  const path = (first.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part)).join('.')
  throw new GamutError(
    'schema_mismatch',
    `The data does not fit this channel${path && ` at "${path}"`}: ${first.message}`,
  )
}
