import type { Gamut } from '@gamut/client'
import type { Environment, EnvironmentChange } from '@gamut/client/core'
import { tellServerBack } from './use-server-back.js'

/** A client that can be told to look at once whether the server is there. */
interface Member {
  readonly gamut: Gamut
  look(): void
}

/** An environment that tells its client, when it is asked to, what it tells it when a page is shown again. */
export function withLook(environment: Environment): { readonly environment: Environment; look(): void } {
  const listeners = new Set<(what: EnvironmentChange) => void>()
  return {
    environment: {
      ...environment,
      onChange: (listener) => {
        const stop = environment.onChange(listener)
        listeners.add(listener)
        return () => {
          stop()
          listeners.delete(listener)
        }
      },
    },
    look: () => {
      for (const listener of listeners) listener('shown')
    },
  }
}

/**
 * What one client learns of the way to the server holds for all of the page. Where one has lost it, those that only ask
 * now and then ask at once; where one has it back, those that could not reach it wait no longer. A page with one client
 * has no need of this.
 */
export function shareTruth(members: readonly Member[]): void {
  for (const { gamut } of members) {
    let { state } = gamut.status
    gamut.onStatus((now) => {
      const isLost = state === 'live' && /connecting|waiting/.test(now.state)
      const isBack = state !== 'live' && now.state === 'live'
      state = now.state
      if (isBack) tellServerBack()
      for (const { gamut: other, look } of members) {
        const { state, transport, reason } = other.status
        if (isLost && state === 'live' && transport === 'poll') look()
        if (isBack && state === 'waiting' && reason.code === 'unreached') look()
      }
    })
  }
}
