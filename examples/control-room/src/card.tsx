import type { Message } from '@gamut/client'
import { type KeyboardEvent, memo, type PointerEvent, useEffect, useRef, useState } from 'react'

/** A note on the board; its place is in percent of it. */
export interface Note {
  readonly text: string
  readonly x: number
  readonly y: number
  readonly hue: number
}

/** How often a note that is dragged is told, and how far a key moves it. */
const tellMs = 80
const stepPercent = 2

const steps: Readonly<Record<string, readonly [x: number, y: number]>> = {
  ArrowLeft: [-stepPercent, 0],
  ArrowRight: [stepPercent, 0],
  ArrowUp: [0, -stepPercent],
  ArrowDown: [0, stepPercent],
}

const bounded = (value: number, most: number) => Math.round(Math.min(most, Math.max(0, value)) * 10) / 10

interface CardProps {
  readonly id: string
  readonly message: Message<Note>
  /** Of all notes Tab leads to this one: a thousand of them are one stop. */
  readonly isSelected: boolean
  /** Resolves once it is stored, or was refused. */
  readonly onMove: (id: string, note: Note) => Promise<void>
  readonly onRemove: (id: string) => void
  readonly onSelect: (id: string) => void
  readonly onEdit: (id: string) => void
}

/** Which note a key leads to, in the order in which they were written. */
const turns: Readonly<Record<string, (card: Element) => Element | null | undefined>> = {
  PageUp: (card) => card.previousElementSibling,
  PageDown: (card) => card.nextElementSibling,
  Home: (card) => card.parentElement?.firstElementChild,
  End: (card) => [...(card.parentElement?.querySelectorAll('.card') ?? [])].at(-1),
}

/** Where a note lies: where somebody here moves it to, until it is let go and all that was told is stored; else where the log says. */
function usePlace({ id, message, onMove }: CardProps) {
  const [held, setHeld] = useState<Note>()
  const pending = useRef(0)
  const isGripped = useRef(false)
  const settle = () => {
    if (!isGripped.current && pending.current === 0) setHeld(undefined)
  }
  // biome-ignore lint/correctness/useExhaustiveDependencies: each message is another place
  useEffect(settle, [message])
  return {
    note: held ?? message.data,
    hold: setHeld,
    tell: (note: Note) => {
      setHeld(note)
      pending.current++
      void onMove(id, note).then(() => {
        pending.current--
        settle()
      })
    },
    grip: (isNow: boolean) => {
      isGripped.current = isNow
      settle()
    },
  }
}

/** Moves a note by pointer: at once here, and for the others as often as they can see. */
function useDrag({ note, hold, tell, grip }: ReturnType<typeof usePlace>) {
  const start = useRef<{ readonly x: number; readonly y: number; toldAt: number }>(undefined)
  const move = (event: PointerEvent<HTMLElement>, isLast: boolean) => {
    const { current } = start
    const area = event.currentTarget.parentElement?.getBoundingClientRect()
    if (!current || !area) return
    const next = {
      ...note,
      x: bounded(((event.clientX - area.left - current.x) / area.width) * 100, 90),
      y: bounded(((event.clientY - area.top - current.y) / area.height) * 100, 88),
    }
    if (!isLast && event.timeStamp < current.toldAt + tellMs) return hold(next)
    current.toldAt = event.timeStamp
    tell(next)
  }
  const letGo = () => {
    start.current = undefined
    grip(false)
  }
  return {
    onPointerDown: (event: PointerEvent<HTMLElement>) => {
      const card = event.currentTarget.getBoundingClientRect()
      start.current = { x: event.clientX - card.left, y: event.clientY - card.top, toldAt: event.timeStamp }
      grip(true)
      event.currentTarget.setPointerCapture(event.pointerId)
    },
    onPointerMove: (event: PointerEvent<HTMLElement>) => move(event, false),
    onPointerUp: (event: PointerEvent<HTMLElement>) => {
      move(event, true)
      letGo()
    },
    onPointerCancel: letGo,
  }
}

/** A note that is moved, changed and taken away by pointer or keys. */
export const Card = memo(function Card(props: CardProps) {
  const { id, isSelected, onRemove, onSelect, onEdit } = props
  const place = usePlace(props)
  const drag = useDrag(place)
  const { note, tell } = place
  const press = (event: KeyboardEvent) => {
    const { key, currentTarget } = event
    const step = steps[key]
    const other = turns[key]?.(currentTarget)
    if (key === 'Delete') onRemove(id)
    if (key === 'Enter') onEdit(id)
    if (key in turns || key === 'Enter') event.preventDefault()
    if (other?.classList.contains('card')) (other as HTMLElement).focus({ preventScroll: true })
    if (!step) return
    event.preventDefault()
    tell({ ...note, x: bounded(note.x + step[0], 90), y: bounded(note.y + step[1], 88) })
  }
  return (
    <button
      type="button"
      className="card"
      style={{ left: `${note.x}%`, top: `${note.y}%`, '--hue': note.hue }}
      tabIndex={isSelected ? 0 : -1}
      aria-description="Arrow keys move it, Enter changes its text, Delete takes it away, Page Down leads to the next"
      onKeyDown={press}
      onFocus={() => onSelect(id)}
      onDoubleClick={() => onEdit(id)}
      {...drag}
    >
      {note.text}
    </button>
  )
})
