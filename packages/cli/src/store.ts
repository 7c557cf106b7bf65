import { type Broker, createMemoryBroker } from '@gamut/server'
import type { Logger } from 'pino'
import { usageFailure } from './failure.js'
import type { GivenOptions } from './option.js'

/** Where channels are kept, as `--broker` names it. */
export interface Store {
  /** In words, for whoever starts it; without a password. */
  readonly kept: string
  /** Whether several processes may open it, each for itself. */
  readonly isShared: boolean
  open(log: Logger): Promise<Broker>
}

const memory: Store = {
  kept: 'in memory: a restart forgets it, and readers are told so',
  isShared: false,
  open: async () => createMemoryBroker(),
}

/** Finds the store that was asked for; refuses what is none, without repeating a password. */
export function chooseStore(given: GivenOptions): Store {
  const option = given.get('broker')
  if (!option || option.value === 'memory:' || option.value === 'memory') return memory
  // Only the scheme is repeated: the rest may hold a password.
  const scheme = typeof option.value === 'string' ? /^[\w+.-]*:?/.exec(option.value)?.[0] : undefined
  throw usageFailure(
    `${option.from}: there is no broker "${scheme ?? typeof option.value}". So far there is only "memory:".`,
  )
}
