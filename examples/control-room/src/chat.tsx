import type { Message } from '@gamut/client'
import { memo, useEffect, useLayoutEffect, useRef } from 'react'
import { needs } from '../needs.mjs'
import { Announcer } from './announcer.js'
import { Present, Typing, useTyping } from './company.js'
import { formatTime } from './format.js'
import { GapNote } from './gap-note.js'
import { useChannel, usePublish } from './hooks.js'
import { hueOf, me } from './person.js'
import { Say } from './say.js'
import { useIsLive } from './use-is-live.js'

const room = 'chat/operations'
/** As the channel's schema has it. */
const mostLetters = 1000

interface Said {
  readonly from: string
  readonly by?: string | undefined
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
      <span className="who" style={{ '--hue': hueOf(data.by ?? data.from) }}>
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

function SayHere() {
  const { publish, isPending, error } = usePublish(room)
  const isLive = useIsLive()
  const tellTyping = useTyping()
  return (
    <Say
      label="Message"
      placeholder={`Write as ${me.name}`}
      action="Send"
      most={mostLetters}
      send={(text) => publish({ from: me.name, by: me.id, text })}
      error={error?.message}
      onType={tellTyping}
    >
      {isPending && !isLive && (
        <p role="status" className="note">
          The server is not there. It is sent as soon as it is.
        </p>
      )}
    </Say>
  )
}

/** What the team says. */
export function Chat() {
  const { messages, gap } = useChannel(room, { need: needs.chat, last: 50, keep: 500 })
  const log = useFollow(messages)
  const isLive = useIsLive()
  return (
    <div className="chat">
      <Present />
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <div className="log" ref={log} role="log" aria-live="off" aria-label="Messages" tabIndex={0}>
        <ol>
          {messages.map((message) => (
            <Bubble
              key={`${message.offset} ${message.time}`}
              {...message}
              isOwn={message.data.by === me.id}
            />
          ))}
        </ol>
        {messages.length === 0 && (
          <p className="empty">
            {isLive && 'Nothing was said yet. Open a second tab: it is a second person.'}
          </p>
        )}
      </div>
      <Announcer messages={messages} />
      <GapNote gap={gap} />
      <Typing />
      <SayHere />
    </div>
  )
}
