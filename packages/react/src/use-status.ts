import type { ClientStatus } from '@gamut/client'
import { useMemo, useSyncExternalStore } from 'react'
import { useGamut } from './gamut-context.js'

/** How `useStatus` looks. */
export interface UseStatusOptions {
  /**
   * Looks again so often, in milliseconds, for what changes all the time: `lagMs` and `lastEventAt`. Without it they are
   * those of the last change, and no heartbeat and no message renders anything.
   */
  readonly everyMs?: number | undefined
}

/** What a server shows, and a page before it is one. */
const beforeAll: ClientStatus = { state: 'idle', attempts: 0, reason: { code: 'first' } }

/** What was given before, for as long as a new one says the same. */
function keepSame<Value>(): (value: Value, says?: unknown) => Value {
  let known: Value | undefined
  let said: string | undefined
  return (value, says = value) => {
    const text = JSON.stringify(says)
    if (text !== said) known = value
    said = text
    return known as Value
  }
}

/**
 * What the client is doing, and why; or a part of that, by `useStatus((status) => status.state)`, which renders when the
 * part is another one. Parts are compared by value.
 */
export function useStatus<Part = ClientStatus>(
  select: (status: ClientStatus) => Part = (status) => status as Part,
  { everyMs }: UseStatusOptions = {},
): Part {
  const gamut = useGamut()
  const [subscribe, read, samePart] = useMemo(() => {
    const same = keepSame<ClientStatus>()
    const read = () => {
      const { status } = gamut
      return same(status, everyMs ? status : { ...status, lagMs: 0, lastEventAt: 0 })
    }
    const subscribe = (notify: () => void) => {
      const stop = gamut.onStatus(notify)
      const timer = everyMs && setInterval(notify, everyMs)
      return () => {
        stop()
        clearInterval(timer)
      }
    }
    return [subscribe, read, keepSame<Part>()] as const
  }, [gamut, everyMs])
  return useSyncExternalStore(
    subscribe,
    () => samePart(select(read())),
    () => samePart(select(beforeAll)),
  )
}
