import { useEffect, useState } from 'react'
import type { Link } from './links.js'
import type { Costs } from './meter.js'

/** What a widget has cost, and how late it is: how old what came last was when it came, or how long an answer took. */
export interface CostsNow extends Costs {
  readonly delayMs: number | undefined
}

const look = ({ meter, gamut }: Link): CostsNow => ({
  ...meter.costs,
  delayMs: gamut.status.lagMs ?? (meter.costs.open ? undefined : meter.costs.tookMs),
})

/** The costs of a link, once a second: nobody reads faster. */
export function useCosts(link: Link): CostsNow {
  const [costs, setCosts] = useState(() => look(link))
  useEffect(() => {
    const timer = setInterval(() => setCosts(look(link)), 1000)
    return () => clearInterval(timer)
  }, [link])
  return costs
}
