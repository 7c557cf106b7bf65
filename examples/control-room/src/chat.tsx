import type { Message } from '@gamut/client'
import { type FormEvent, memo, useEffect, useLayoutEffect, useRef, useState } from 'react'
import { needs } from '../needs.mjs'
import { Present, Typing, useTyping } from './company.js'
import { formatCount, formatTime } from './format.js'
import { GapNote } from './gap-note.js'
import { useChannel, usePublish } from './hooks.js'
import { hueOf, whoAmI } from './person.js'

const room = 'chat/operations'
/** As the channel's schema has it: what is longer need not be sent to be refused. */
const mostLetters = 1000

interface Said {
  readonly from: string
  readonly text: string
}

const Bubble = memo(function Bubble({
  offset,
  data,
  time,
  isOwn,
}: Message<Said> & { readonly isOwn: boolean }) {
  return (
    <li data-offset={offset} data-own={isOwn || undefined}>
      <span className="who" style={{ '--hue': hueOf(data.from) }}>
        {data.from}
        <time dateTime={new Date(time).toISOString()}>{formatTime(time)}</time>
      </span>
      <p>{data.text}</p>
    </li>
  )
})

/** Stays at the newest line unless somebody has scrolled up to read. */
function useFollow(what: unknown) {
  const list = useRef<HTMLDivElement>(null)
  const isAtEnd = useRef(true)
  useEffect(() => {
    const element = list.current
    const note = () => {
      if (element) isAtEnd.current = element.scrollHeight - element.scrollTop - element.clientHeight < 40
    }
    element?.addEventListener('scroll', note, { passive: true })
    return () => element?.removeEventListener('scroll', note)
  }, [])
  // biome-ignore lint/correctness/useExhaustiveDependencies: it follows what is shown
  useLayoutEffect(() => {
    if (isAtEnd.current) list.current?.scrollTo({ top: list.current.scrollHeight })
  }, [what])
  return list
}

function Say({ me }: { readonly me: string }) {
  const { publish, isPending, error } = usePublish(room)
  const [text, setText] = useState('')
  const tellTyping = useTyping(me)
  const isTooLong = text.length > mostLetters
  const trouble = isTooLong
    ? `${formatCount(text.length)} letters are more than the ${formatCount(mostLetters)} that a message may have.`
    : error?.message
  const say = (event: FormEvent) => {
    event.preventDefault()
    if (!text.trim() || isTooLong) return
    publish({ from: me, text }).then(
      () => setText(''),
      // What was written stays there, to be sent again.
      () => {},
    )
  }
  return (
    <form className="say" onSubmit={say}>
      <input
        value={text}
        onChange={({ target }) => {
          setText(target.value)
          tellTyping()
        }}
        aria-label="Message"
        placeholder={`Write as ${me}`}
        autoComplete="off"
      />
      <button type="submit" disabled={isPending}>
        Send
      </button>
      {trouble && (
        <p role="alert" className="trouble">
          Not sent: {trouble}
        </p>
      )}
    </form>
  )
}

/** What the team says. */
export function Chat() {
  const [me] = useState(whoAmI)
  const { messages, gap } = useChannel(room, { need: needs.chat, last: 50, keep: 500 })
  const log = useFollow(messages)
  return (
    <div className="chat">
      <Present me={me} />
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <div className="log" ref={log} role="log" aria-label="Messages" tabIndex={0}>
        <ol>
          {messages.map((message) => (
            <Bubble key={`${message.offset} ${message.time}`} {...message} isOwn={message.data.from === me} />
          ))}
        </ol>
        {messages.length === 0 && (
          <p className="empty">Nothing was said yet. Open a second tab: it is a second person.</p>
        )}
      </div>
      <GapNote gap={gap} />
      <Typing me={me} />
      <Say me={me} />
    </div>
  )
}
