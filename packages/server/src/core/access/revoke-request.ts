import { isJsonObject, parseChannelName, parseId } from '@gamut/protocol'
import { GamutError } from '../../error.js'
import { take } from '../../take.js'
import { hashTicket } from '../hash.js'
import { type Revoked, revocableNames } from './revocations.js'

/** What to revoke, by exactly one name, as operators and applications say it (PROTOCOL §12). */
export interface RevokeRequest {
  /** An identity's `id`. */
  readonly identity?: string
  /** The name of a token, as its identity has it. */
  readonly token?: string
  /** A ticket, as it was given. */
  readonly ticket?: string
  /** Only for this channel. Default: everything. */
  readonly channel?: string
  /** For how long, in milliseconds; 0 takes a revocation back. Default: longer than any token lasts that was seen. */
  readonly forMs?: number
}

const fields = new Set<string>([...revocableNames, 'channel', 'forMs'])

function refuse(message: string): never {
  throw new GamutError('body_invalid', message)
}

/** What a request to revoke means, of whatever type it is. Throws `body_invalid` with what is wrong. */
export function toRevoked(request: unknown): { readonly revoked: Revoked; readonly forMs?: number } {
  if (!isJsonObject(request)) refuse('A revocation is a JSON object like {"identity":"ann"}.')
  const unknown = Object.keys(request).find((field) => !fields.has(field))
  if (unknown !== undefined) refuse(`A revocation has no such field; it has ${[...fields].join(', ')}.`)
  const given = revocableNames.filter((name) => request[name] !== undefined)
  const [kind] = given
  if (kind === undefined || given.length > 1) refuse('Revoke exactly one of identity, token and ticket.')
  const name = parseId(request[kind])
  if (!name.ok) refuse(`${kind} is a text of 1 to 255 characters without control characters.`)
  const { channel, forMs } = request
  if (forMs !== undefined && !(Number.isSafeInteger(forMs) && Number(forMs) >= 0)) {
    refuse('forMs is a whole number of milliseconds, 0 to take a revocation back.')
  }
  return {
    revoked: {
      kind,
      name: kind === 'ticket' ? hashTicket(name.value) : name.value,
      ...(channel !== undefined && { channel: take(parseChannelName(channel)) }),
    },
    ...(forMs !== undefined && { forMs: Number(forMs) }),
  }
}
