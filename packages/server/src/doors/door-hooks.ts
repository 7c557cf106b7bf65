import { fail } from '../check.js'
import { GamutError } from '../error.js'
import type { Action, Hooks, Identity } from '../hooks.js'
import { apiKeyHeader, bearerOf, type Door } from './door.js'
import { PermissionCheck, type Permissions, permissionsProblem } from './permissions.js'

/** What doors leave open. */
export interface DoorHooksOptions {
  /** What somebody may do whose credential does not say it. Default: nothing. */
  readonly permissions?: Permissions
}

/** The hooks that {@link doorHooks} makes. */
export type DoorHooks = Required<Pick<Hooks, 'authenticate' | 'authorize'>>

/** A credential of a kind that some door could know: whoever sends one does not mean to be nobody. */
function bringsCredential(request: Request): boolean {
  return bearerOf(request) !== undefined || request.headers.has(apiKeyHeader)
}

/**
 * Makes `authenticate` and `authorize` of doors, for `createGamut` (PROTOCOL §12). The first door that finds a
 * credential of its kind decides alone: a wrong one is refused and never passes for nobody. Who brings none is nobody
 * and may read what is `public`; who brings one may do what its permissions list.
 */
export function doorHooks(doors: readonly Door[], options: DoorHooksOptions = {}): DoorHooks {
  const problem = options.permissions && permissionsProblem(options.permissions)
  if (problem) fail('permissions', problem)
  const check = new PermissionCheck(options.permissions)
  return {
    authenticate: async (request: Request): Promise<Identity | null> => {
      for (const door of doors) {
        const credential = door.find(request)
        if (credential === undefined) continue
        const identity = await door.identify(credential)
        check.learn(identity)
        return identity
      }
      if (!bringsCredential(request)) return null
      throw new GamutError('unauthenticated', 'This server knows no credentials of the kind that you sent.')
    },
    authorize: (identity: Identity | null, action: Action, channel) =>
      identity !== null && check.allows(identity, action, channel),
  }
}
