import type { Message } from '@gamut/client'
import { useEffect, useRef, useState } from 'react'
import { formatCount } from './format.js'
import { me } from './person.js'
import { serverNow } from './server-clock.js'

interface Said {
  readonly from: string
  readonly by?: string | undefined
  readonly text: string
}

/** So long it is silent after it has said something. */
const restMs = 5000

/** What has come since, in one sentence. */
function sum(news: readonly Message<Said>[]): string {
  const last = news.at(-1)?.data
  if (!last) return ''
  return news.length === 1
    ? `${last.from}: ${last.text}`
    : `${formatCount(news.length)} new messages, the last one of ${last.from}`
}

/** Reads out what others say: the first at once, and what comes soon after it together. */
export function Announcer({ messages }: { readonly messages: readonly Message<Said>[] }) {
  const [text, setText] = useState('')
  const [isResting, setResting] = useState(false)
  const told = useRef(serverNow())
  const newest = messages.at(-1)?.time
  useEffect(() => {
    if (newest === undefined || isResting) return
    const since = told.current
    told.current = Math.max(newest, since)
    const news = sum(messages.filter(({ time, data }) => time > since && data.by !== me.id))
    if (!news) return
    setText(news)
    setResting(true)
  }, [messages, newest, isResting])
  useEffect(() => {
    if (!isResting) return
    const timer = setTimeout(() => setResting(false), restMs)
    return () => clearTimeout(timer)
  }, [isResting])
  return (
    <p role="status" className="hidden">
      {text}
    </p>
  )
}
