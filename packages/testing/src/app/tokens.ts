import { type Clock, GamutError, type Hooks, type Identity } from '@gamut/server'

/** What a test makes tokens for, and ends them. */
export interface Tokens {
  /** A bearer token of somebody; for so long, in milliseconds of virtual time, or until it is expired by hand. */
  issue(id: string, forMs?: number): string
  /** Says who sends a request, with an end that can be moved. */
  readonly authenticate: NonNullable<Hooks['authenticate']>
  /** Ends the tokens of one identity, or of all; gives the names by which their readers are found. */
  expire(id?: string): readonly string[]
}

/** Long enough to be never. */
const farMs = 100 * 365 * 86_400_000

interface Known {
  readonly identity: Identity
  readonly name: string
  endsAt: number
}

function bearerOf(request: Request): string | undefined {
  return /^Bearer (.+)$/i.exec(request.headers.get('authorization') ?? '')?.[1]
}

/** Knows the test's tokens; where the application knows its own, knows what those gave. */
export function createTokens(clock: Clock, own: Hooks['authenticate']): Tokens {
  const issued = new Map<string, Identity>()
  const known = new Set<Known>()
  /** What a token was found to be: what has ended stays ended. */
  const byToken = new Map<string, Known>()
  let count = 0

  async function identify(request: Request, token: string | undefined): Promise<Identity | null> {
    if (own) return own(request)
    if (token === undefined) return null
    const identity = issued.get(token)
    if (identity) return identity
    throw new GamutError('unauthenticated', 'Nobody has this token: take one of server.token("ada").')
  }

  return {
    issue: (id, forMs = farMs) => {
      count += 1
      const token = `${id}-token-${count}`
      issued.set(token, { id, expiresAt: clock.now() + forMs })
      return token
    },
    authenticate: async (request) => {
      const token = bearerOf(request)
      const identity = await identify(request, token)
      if (!identity) return null
      const before = token === undefined ? undefined : byToken.get(token)
      const name = identity.token ?? before?.name ?? `test-${known.size + 1}`
      const one = before ?? { identity, name, endsAt: identity.expiresAt ?? clock.now() + farMs }
      known.add(one)
      if (token !== undefined) byToken.set(token, one)
      // Read whenever the server looks at it: an end that comes sooner than was said.
      return Object.defineProperty({ ...identity, token: one.name }, 'expiresAt', {
        enumerable: true,
        get: () => one.endsAt,
      })
    },
    expire: (id) => {
      const ended = [...known].filter(({ identity }) => id === undefined || identity.id === id)
      for (const one of ended) one.endsAt = Math.min(one.endsAt, clock.now())
      for (const [token, identity] of issued)
        if ((id === undefined || identity.id === id) && !byToken.has(token))
          issued.set(token, { ...identity, expiresAt: clock.now() })
      return ended.map(({ name }) => name)
    },
  }
}
