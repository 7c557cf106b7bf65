import type { Advice, Need } from '@gamut/advisor'
import { useEffect, useState } from 'react'

const known = new Map<Need, Pick<Advice, 'pattern' | 'headline'>>()

/** One after the other, each when the page has nothing else to do: an advice is calculated, which takes some milliseconds. */
let queue: Promise<unknown> = Promise.resolve()

const idle = () =>
  new Promise<void>((resolve) => {
    // Safari has none.
    if ('requestIdleCallback' in globalThis) requestIdleCallback(() => resolve(), { timeout: 1000 })
    else setTimeout(resolve, 50)
  })

/** What the advisor says of a need and why; `undefined` for the moment before that is known. */
export function useReason(need: Need): Pick<Advice, 'pattern' | 'headline'> | undefined {
  const [reason, setReason] = useState(() => known.get(need))
  useEffect(() => {
    queue = queue.then(async () => {
      if (!known.has(need)) {
        // It has a file of its own, so that the page is painted before it comes.
        const [{ advise }] = await Promise.all([import('@gamut/advisor'), idle()])
        known.set(need, advise(need))
      }
      setReason(known.get(need))
    })
  }, [need])
  return reason
}
