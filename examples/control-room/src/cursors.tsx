import { type PointerEvent, useEffect, useMemo, useRef } from 'react'
import { needs } from '../needs.mjs'
import { useKeyed, usePublish } from './hooks.js'
import { hueOf, me } from './person.js'

const channel = 'cursors/main'
const tellMs = 80

/** Tells the others where this person points, as often as they can see, and that it points nowhere any more. */
export function useOwnCursor() {
  const { publish, remove } = usePublish(channel)
  const toldAt = useRef(Number.NEGATIVE_INFINITY)
  const leave = useMemo(
    () => () => {
      if (toldAt.current === Number.NEGATIVE_INFINITY) return
      toldAt.current = Number.NEGATIVE_INFINITY
      // Whoever does not learn of it sees it go by its age.
      remove(me.id).catch(() => {})
    },
    [remove],
  )
  useEffect(() => {
    addEventListener('pagehide', leave)
    return () => removeEventListener('pagehide', leave)
  }, [leave])
  const onPointerMove = (event: PointerEvent<HTMLElement>) => {
    if (event.timeStamp < toldAt.current + tellMs) return
    toldAt.current = event.timeStamp
    const area = event.currentTarget.getBoundingClientRect()
    const x = Math.round(((event.clientX - area.left) / area.width) * 1000) / 10
    const y = Math.round(((event.clientY - area.top) / area.height) * 1000) / 10
    // A note that is dragged has the pointer beyond the board too.
    if (Math.min(x, y) < 0 || Math.max(x, y) > 100) return
    publish({ name: me.name, x, y }, { key: me.id }).catch(() => {})
  }
  return { onPointerMove, onPointerLeave: leave }
}

/** Where the others point. */
export function Cursors() {
  const cursors = useKeyed(channel, { need: needs.board })
  return (
    <div className="cursors" aria-hidden="true">
      {[...cursors]
        .filter(([key]) => key !== me.id)
        .map(([key, { data }]) => (
          <span key={key} style={{ left: `${data.x}%`, top: `${data.y}%`, '--hue': hueOf(key) }}>
            {data.name}
          </span>
        ))}
    </div>
  )
}
