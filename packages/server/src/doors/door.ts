import type { Identity } from '../hooks.js'

/** One way to prove who somebody is. */
export interface Door {
  /** The credential of this door's kind that a request brings, right or wrong; `undefined` for none. Never of the URL. */
  find(request: Request): string | undefined
  /** Whose it is. Throws `GamutError` with `unauthenticated` for a wrong one, and what it throws says nothing of keys. */
  identify(credential: string): Promise<Identity> | Identity
}

/** What stands after `Bearer` in the field `Authorization`, also if that is nothing (RFC 6750 §2.1). */
export function bearerOf(request: Request): string | undefined {
  const found = /^bearer(?:[ \t]+(.*))?$/i.exec(request.headers.get('authorization') ?? '')
  return found ? (found[1] ?? '') : undefined
}

/** The field for API keys that clients use who cannot set `Authorization`. */
export const apiKeyHeader = 'x-api-key'

/** What every API key begins with, so that keys and tokens are never taken for each other. */
export const apiKeyPrefix = 'gk_'

/** What the identities of API keys begin with. Tokens may not claim such a name. */
export const apiKeyIdentity = 'key:'
