import type { PresenceOptions } from '@gamut/client/presence'
import { useCallback, useEffect, useSyncExternalStore } from 'react'
import { useGamut } from './gamut-context.js'
import { nobody, type PresenceState, presenceNow, presenceOn } from './presence-store.js'

/**
 * Who is there on a channel, and this client among them while the component is shown, if it gives a `state`. All
 * components share one reading; the result is the same object until something changes.
 */
export function usePresence<State = unknown>(
  name: string,
  { state, device }: PresenceOptions<State> = {},
): PresenceState<State> {
  const gamut = useGamut()
  const text = JSON.stringify(state)
  useEffect(
    () => (text === undefined ? undefined : presenceOn(gamut, name, device).enter(JSON.parse(text))),
    [gamut, name, device, text],
  )
  const watch = useCallback(
    (notify: () => void) => presenceOn(gamut, name, device).watch(notify),
    [gamut, name, device],
  )
  return useSyncExternalStore(
    watch,
    () => presenceNow(gamut, name, device),
    () => nobody,
  ) as PresenceState<State>
}
