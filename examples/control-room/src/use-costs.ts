import { useEffect, useState } from 'react'
import type { Link } from './links.js'
import type { Costs } from './meter.js'

/** What a widget has cost, and how old what came last was when it came. */
export interface CostsNow extends Costs {
  readonly lagMs: number | undefined
}

const look = ({ meter, gamut }: Link): CostsNow => ({ ...meter.costs, lagMs: gamut.status.lagMs })

/** The costs of a link, once a second: nobody reads faster. */
export function useCosts(link: Link): CostsNow {
  const [costs, setCosts] = useState(() => look(link))
  useEffect(() => {
    const timer = setInterval(() => setCosts(look(link)), 1000)
    return () => clearInterval(timer)
  }, [link])
  return costs
}
