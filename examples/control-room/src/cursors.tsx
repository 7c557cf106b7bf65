import { type PointerEvent, useEffect, useMemo, useRef } from 'react'
import { needs } from '../needs.mjs'
import { useKeyed, usePublish } from './hooks.js'
import { newId } from './new-id.js'
import { hueOf } from './person.js'

const channel = 'cursors/main'
const tellMs = 80

/** This page among all that point at the board. */
const ownKey = newId()

/** Tells the others where this person points, as often as they can see, and that it points nowhere any more. */
export function useOwnCursor(name: string) {
  const { publish, remove } = usePublish(channel)
  const toldAt = useRef(Number.NEGATIVE_INFINITY)
  const leave = useMemo(
    () => () => {
      if (toldAt.current === Number.NEGATIVE_INFINITY) return
      toldAt.current = Number.NEGATIVE_INFINITY
      // Whoever does not learn of it sees it go by its age.
      remove(ownKey).catch(() => {})
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
    publish({ name, x, y }, { key: ownKey }).catch(() => {})
  }
  return { onPointerMove, onPointerLeave: leave }
}

/** Where the others point. */
export function Cursors({ me }: { readonly me: string }) {
  const cursors = useKeyed(channel, { need: needs.board })
  return (
    <div className="cursors" aria-hidden="true">
      {[...cursors]
        .filter(([key, { data }]) => key !== ownKey && data.name !== me)
        .map(([key, { data }]) => (
          <span key={key} style={{ left: `${data.x}%`, top: `${data.y}%`, '--hue': hueOf(data.name) }}>
            {data.name}
          </span>
        ))}
    </div>
  )
}
