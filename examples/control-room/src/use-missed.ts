import { useEffect } from 'react'
import { note } from './faults/timeline.js'
import type { Link } from './links.js'
import { serverNow } from './server-clock.js'

/** What comes each second at least is missed after so long, in milliseconds: a stream that may be silent is doubted much later. */
const missedMs = 5000

/** Has a link looked at where it is live and its next message does not come; one that polls may have it later. */
export function useMissed({ title, gamut, look }: Link, newest: number | undefined): void {
  useEffect(() => {
    if (newest === undefined) return
    const timer = setTimeout(() => {
      const { state, transport } = gamut.status
      if (state !== 'live' || transport === 'poll') return
      const at = serverNow()
      const text = `nothing came for ${missedMs / 1000} s; it looks whether its link still carries`
      note({ id: `${title} missed ${at}`, at, kind: 'move', title, text, state: 'stale' })
      look()
    }, missedMs)
    return () => clearTimeout(timer)
  }, [title, gamut, look, newest])
}
