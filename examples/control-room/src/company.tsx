import { usePresence } from '@gamut/react'
import { useEffect, useRef, useState } from 'react'
import { needs } from '../needs.mjs'
import { useChannel, usePublish } from './hooks.js'
import { me, type Person } from './person.js'
import { useIsLive } from './use-is-live.js'

const room = 'chat/operations'
const typing = 'typing/operations'
/** For how long somebody is shown to write after a key, and how often that is said, in milliseconds. */
const shownMs = 3000
const toldMs = 1500

/** Names in the order of the alphabet, each with how many have it. */
function countNames(people: readonly Person[]): string {
  const ids = new Map<string, Set<string>>()
  for (const { name, id } of people) ids.set(name, (ids.get(name) ?? new Set()).add(id))
  return [...ids]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([name, { size }]) => (size > 1 ? `${name} × ${size}` : name))
    .join(', ')
}

/** Who is in the room besides this person. */
export function Present() {
  const { members } = usePresence<Person>(room, { state: me })
  const others = [...members.values()].map(({ state }) => state).filter(({ id }) => id !== me.id)
  const isLive = useIsLive()
  const text = others.length === 0 ? 'Nobody else is here' : `Here: ${countNames(others)}`
  return <p className="present">{isLive && text}</p>
}

/** Who else writes just now. Not read out: it would never be silent. */
export function Typing() {
  const { messages } = useChannel(typing, { need: needs.chat, cursor: 'newest', keep: 1 })
  const last = messages.at(-1)
  const [shown, setShown] = useState<number>()
  useEffect(() => {
    setShown(last?.offset)
    const timer = setTimeout(() => setShown(undefined), shownMs)
    return () => clearTimeout(timer)
  }, [last])
  const isShown = last !== undefined && last.offset === shown && last.data.by !== me.id
  return <p className="typing">{isShown && `${last.data.from} is writing…`}</p>
}

/** Says that this person writes, but not with each key. */
export function useTyping(): () => void {
  const { publish } = usePublish(typing)
  const toldAt = useRef(Number.NEGATIVE_INFINITY)
  return () => {
    const now = performance.now()
    if (now < toldAt.current + toldMs) return
    toldAt.current = now
    // Whoever does not learn of it misses nothing.
    publish({ from: me.name, by: me.id }).catch(() => {})
  }
}
