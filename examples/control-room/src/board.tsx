import type { Message } from '@gamut/client'
import { type FormEvent, memo, useCallback, useState } from 'react'
import { needs } from '../needs.mjs'
import { Card, type Note } from './card.js'
import { Cursors, useOwnCursor } from './cursors.js'
import { useKeyed, usePublish } from './hooks.js'
import { newId } from './new-id.js'
import { hueOf, whoAmI } from './person.js'

const board = 'board/main'

/** Where a new note lies: beside the others, not on them. */
const placeOf = (count: number) => ({ x: 4 + ((count * 23) % 72), y: 6 + ((count * 31) % 66) })

/** All notes. They are apart, so that one that moves renders itself alone. */
const Cards = memo(function Cards(props: {
  readonly notes: ReadonlyMap<string, Message<Note>>
  readonly onMove: (id: string, note: Note) => void
  readonly onRemove: (id: string) => void
  readonly onSelect: (id: string) => void
}) {
  return [...props.notes].map(([id, message]) => (
    <Card
      key={id}
      id={id}
      message={message}
      onMove={props.onMove}
      onRemove={props.onRemove}
      onSelect={props.onSelect}
    />
  ))
})

function AddNote(props: { readonly onAdd: (text: string) => void; readonly children: React.ReactNode }) {
  const [text, setText] = useState('')
  const add = (event: FormEvent) => {
    event.preventDefault()
    if (!text.trim()) return
    props.onAdd(text)
    setText('')
  }
  return (
    <form className="say" onSubmit={add}>
      <input
        value={text}
        onChange={({ target }) => setText(target.value)}
        maxLength={140}
        aria-label="New note"
        placeholder="Write a note"
        autoComplete="off"
      />
      <button type="submit">Add</button>
      {props.children}
    </form>
  )
}

/** Notes that everybody may move, and where the others point: who comes late gets it as it is now. */
export function Board() {
  const [me] = useState(whoAmI)
  const notes = useKeyed(board, { need: needs.board })
  const { publish, remove, error } = usePublish(board)
  const [selected, setSelected] = useState('')
  const cursor = useOwnCursor(me)
  // What fails is shown below the board, by the hook's own error.
  const move = useCallback(
    (id: string, note: Note) => void publish(note, { key: id }).catch(() => {}),
    [publish],
  )
  const take = useCallback((id: string) => void remove(id).catch(() => {}), [remove])
  return (
    <div className="board">
      <div className="area" {...cursor}>
        <Cards notes={notes} onMove={move} onRemove={take} onSelect={setSelected} />
        {notes.size === 0 && <p className="empty">No notes yet. Write one; everybody sees it.</p>}
        <Cursors me={me} />
      </div>
      <AddNote onAdd={(text) => move(newId(), { text, hue: hueOf(me), ...placeOf(notes.size) })}>
        <button
          type="button"
          className="quiet"
          disabled={!notes.has(selected)}
          onClick={() => take(selected)}
        >
          Remove
        </button>
      </AddNote>
      {error && (
        <p role="alert" className="trouble">
          Not stored: {error.message}
        </p>
      )}
    </div>
  )
}
