import { usePresence } from '@gamut/react'
import { useEffect, useRef, useState } from 'react'
import { needs } from '../needs.mjs'
import { useChannel, usePublish } from './hooks.js'

const room = 'chat/operations'
const typing = 'typing/operations'
/** For how long somebody is shown to write after a key, and how often that is said, in milliseconds. */
const shownMs = 3000
const toldMs = 1500

/** Who is in the room, this person among them. */
export function Present({ me }: { readonly me: string }) {
  const { members } = usePresence<string>(room, { state: me })
  const others = [...members.values()].map(({ state }) => state).filter((name) => name !== me)
  const text = others.length === 0 ? 'Nobody else is here' : `Here: ${[...new Set(others)].sort().join(', ')}`
  return <p className="present">{text}</p>
}

/** Who else writes just now. Not read out: it would never be silent. */
export function Typing({ me }: { readonly me: string }) {
  const { messages } = useChannel(typing, { need: needs.chat, cursor: 'newest', keep: 1 })
  const last = messages.at(-1)
  const [shown, setShown] = useState<number>()
  useEffect(() => {
    setShown(last?.offset)
    const timer = setTimeout(() => setShown(undefined), shownMs)
    return () => clearTimeout(timer)
  }, [last])
  const isShown = last !== undefined && last.offset === shown && last.data.from !== me
  return <p className="typing">{isShown && `${last.data.from} is writing…`}</p>
}

/** Says that this person writes, but not with each key. */
export function useTyping(me: string): () => void {
  const { publish } = usePublish(typing)
  const toldAt = useRef(Number.NEGATIVE_INFINITY)
  return () => {
    const now = performance.now()
    if (now < toldAt.current + toldMs) return
    toldAt.current = now
    // Whoever does not learn of it misses nothing.
    publish({ from: me }).catch(() => {})
  }
}
