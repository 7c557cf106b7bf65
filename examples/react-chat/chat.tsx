import { useChannel, usePublish } from '@gamut/react'
import type { FormEvent } from 'react'

interface Line {
  readonly text: string
}

/** A room: what was said in it, and a field to say something. */
export function Chat({ room }: { readonly room: string }) {
  const { messages, gap } = useChannel<Line>(`chat/${room}`, { last: 50 })
  const { publish, isPending, error } = usePublish<Line>(`chat/${room}`)

  function send(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const form = event.currentTarget
    const text = String(new FormData(form).get('text'))
    publish({ text }).then(
      () => form.reset(),
      // What was written stays there, to be sent again.
      () => {},
    )
  }

  return (
    <form onSubmit={send}>
      {gap && <p role="status">Some messages are missing</p>}
      <ul>
        {messages.map(({ offset, data }) => (
          <li key={offset}>{data.text}</li>
        ))}
      </ul>
      <input name="text" aria-label="Message" />
      <button type="submit" disabled={isPending}>
        Send
      </button>
      {error && <p role="alert">Not sent</p>}
    </form>
  )
}
