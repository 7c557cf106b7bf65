import type { Message } from '@gamut/client'
import { memo, useCallback, useLayoutEffect, useRef, useState } from 'react'
import { needs } from '../needs.mjs'
import { Button } from './button.js'
import { Card, type Note } from './card.js'
import { Cursors, useOwnCursor } from './cursors.js'
import { useKeyed, usePublish } from './hooks.js'
import { newId } from './new-id.js'
import { hueOf, me } from './person.js'
import { Say } from './say.js'
import { useIsLive } from './use-is-live.js'

const board = 'board/main'
/** As the channel's schema has it. */
const mostLetters = 140

/** Where a new note lies: beside the others, not on them. */
const placeOf = (count: number) => ({ x: 4 + ((count * 23) % 72), y: 6 + ((count * 31) % 66) })

const noop = () => {}

type Notes = ReadonlyMap<string, Message<Note>>

interface CardsProps {
  readonly notes: Notes
  /** The one that Tab leads to. */
  readonly selected: string
  readonly onMove: (id: string, note: Note) => Promise<void>
  readonly onRemove: (id: string) => void
  readonly onSelect: (id: string) => void
  readonly onEdit: (id: string) => void
}

/** All notes. They are apart, so that one that moves renders itself alone. */
const Cards = memo(function Cards({ notes, selected, ...on }: CardsProps) {
  return [...notes].map(([id, message]) => (
    <Card key={id} id={id} message={message} isSelected={id === selected} {...on} />
  ))
})

/** Who had a note before them that somebody took away has the one that follows it before them, and not the top of the page. */
function useNextFocus(notes: Notes, selected: string) {
  const area = useRef<HTMLDivElement>(null)
  const index = useRef(-1)
  useLayoutEffect(() => {
    const cards = area.current?.querySelectorAll<HTMLElement>('.card') ?? []
    const isGone = selected !== '' && !notes.has(selected) && index.current >= 0
    if (isGone && document.activeElement === document.body) {
      const next = cards[Math.min(index.current, cards.length - 1)]
      const input = area.current?.parentElement?.querySelector('input')
      ;(next ?? input)?.focus({ preventScroll: true })
    }
    index.current = notes.has(selected) ? [...notes.keys()].indexOf(selected) : -1
  }, [notes, selected])
  return area
}

interface WriteProps {
  /** The text of the note that is changed; without it a new one is written. */
  readonly text: string | undefined
  /** Whether there is a note to change or to take away. */
  readonly isNone: boolean
  readonly error: string | undefined
  readonly send: (text: string) => Promise<unknown>
  readonly onEdit: () => void
  readonly onRemove: () => void
  readonly onCancel: () => void
}

/** Where a new note is written, and one that is there is changed. */
function Write({ text, isNone, error, send, onEdit, onRemove, onCancel }: WriteProps) {
  const isNew = text === undefined
  return (
    <Say
      label={isNew ? 'New note' : 'Text of the note'}
      placeholder="Write a note"
      action={isNew ? 'Add' : 'Save'}
      most={mostLetters}
      send={send}
      error={error}
      {...(!isNew && { initial: text, onCancel })}
    >
      <Button className="quiet" isOff={isNone || !isNew} onClick={onEdit}>
        Edit
      </Button>
      <Button className="quiet" isOff={isNew && isNone} onClick={isNew ? onRemove : onCancel}>
        {isNew ? 'Remove' : 'Cancel'}
      </Button>
    </Say>
  )
}

/** Notes that everybody may move, and where the others point: who comes late gets it as it is now. */
export function Board() {
  const notes = useKeyed(board, { need: needs.board })
  const { publish, remove, error } = usePublish(board)
  const [selected, setSelected] = useState('')
  const [edited, setEdited] = useState('')
  const isLive = useIsLive()
  const area = useNextFocus(notes, selected)
  const cursor = useOwnCursor()
  const put = useCallback((id: string, note: Note) => publish(note, { key: id }), [publish])
  // What fails is shown below the board, by the hook's own error.
  const move = useCallback((id: string, note: Note) => put(id, note).then(noop, noop), [put])
  const take = useCallback((id: string) => void remove(id).catch(() => {}), [remove])
  const note = notes.get(edited)?.data
  const isNone = !notes.has(selected)
  const [first = ''] = notes.keys()
  const stopEditing = () => {
    setEdited('')
    area.current?.querySelector<HTMLElement>('.card[tabindex="0"]')?.focus()
  }
  const on = { onMove: move, onRemove: take, onSelect: setSelected, onEdit: setEdited }
  return (
    <div className="board">
      <div className="area" ref={area} {...cursor}>
        <Cards notes={notes} selected={isNone ? first : selected} {...on} />
        {notes.size === 0 && isLive && <p className="empty">No notes yet. Write one; everybody sees it.</p>}
        <Cursors />
      </div>
      <Write
        key={note && edited}
        text={note?.text}
        isNone={isNone}
        error={error?.message}
        send={(text) =>
          note
            ? put(edited, { ...note, text }).then(stopEditing)
            : put(newId(), { text, hue: hueOf(me.id), ...placeOf(notes.size) })
        }
        onEdit={() => setEdited(selected)}
        onRemove={() => take(selected)}
        onCancel={stopEditing}
      />
    </div>
  )
}
