import type { ServeConfig } from './config.js'
import { describeDoors } from './door-settings.js'
import { usageFailure } from './failure.js'
import { isLoopback } from './loopback.js'

/** Who may read and publish, in words; refuses a server that others reach and that nobody guards. */
export function describeDoor({ options, doors, host, isPublic }: ServeConfig): string {
  if (isPublic && doors)
    throw usageFailure(
      '--public lets everybody do everything, and tokens or API keys say who may. Take one out.',
    )
  if (options.authorize) return 'whom the authorize hook lets'
  if (doors) return describeDoors(doors)
  if (isPublic)
    return 'everybody who reaches it: every channel may be read, and published unless it says otherwise (--public)'
  if (isLoopback(host))
    return 'this machine only: every channel may be read, and published unless it says otherwise'
  throw usageFailure(
    `host ${host}: others can reach that address, and nothing says who may do what. Take tokens (--jwt-secret-file, --jwks) or API keys (--api-keys-file), give an authorize hook in a config file, or --public if everybody may read and publish everything.`,
  )
}
