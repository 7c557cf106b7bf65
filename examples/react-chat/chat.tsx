import type { Gamut, Message } from '@gamut/client'
import { type FormEvent, useEffect, useState } from 'react'

interface Line {
  readonly text: string
}

/** A room: what was said in it, and a field to say something. */
export function Chat({ gamut, room }: { readonly gamut: Gamut; readonly room: string }) {
  const [messages, setMessages] = useState<readonly Message<Line>[]>([])
  const [hasGap, setHasGap] = useState(false)
  const [problem, setProblem] = useState('')
  const channel = `chat/${room}`

  useEffect(() => {
    setMessages([])
    return gamut
      .channel<Line>(channel, { last: 50 })
      .subscribe((message) => setMessages((before) => [...before, message]), {
        onGap: () => setHasGap(true),
      })
  }, [gamut, channel])

  async function send(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const form = event.currentTarget
    const text = String(new FormData(form).get('text'))
    form.reset()
    try {
      await gamut.channel<Line>(channel).publish({ text })
    } catch {
      setProblem(`"${text}" was not sent`)
    }
  }

  return (
    <form onSubmit={send}>
      <ul>
        {messages.map(({ offset, data }) => (
          <li key={offset}>{data.text}</li>
        ))}
      </ul>
      {hasGap && <p role="status">Some messages are missing</p>}
      {problem && <p role="alert">{problem}</p>}
      <input name="text" aria-label="Message" />
      <button type="submit">Send</button>
    </form>
  )
}
