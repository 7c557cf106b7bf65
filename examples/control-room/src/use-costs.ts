import { useEffect, useMemo, useState } from 'react'
import type { Link } from './links.js'
import type { Costs } from './meter.js'

/** What a widget has cost, and how late it is: how old what came last was when it came, or how long an answer took. */
export interface CostsNow extends Costs {
  readonly delayMs: number | undefined
}

/** Looks at a link. What was there before it was begun is old, not late. */
function watch({ meter, gamut }: Link): () => CostsNow {
  const began = performance.now()
  let last: number | undefined
  let delayMs: number | undefined
  return () => {
    const { lagMs } = gamut.status
    if (lagMs !== last) delayMs = (lagMs ?? 0) > performance.now() - began ? undefined : lagMs
    last = lagMs
    const isAsked = lagMs === undefined && meter.costs.open === 0
    return { ...meter.costs, delayMs: isAsked ? meter.costs.tookMs : delayMs }
  }
}

/** The costs of a link, once a second: nobody reads faster. */
export function useCosts(link: Link): CostsNow {
  const look = useMemo(() => watch(link), [link])
  const [costs, setCosts] = useState(look)
  useEffect(() => {
    const timer = setInterval(() => setCosts(look()), 1000)
    return () => clearInterval(timer)
  }, [look])
  return costs
}
