import { useEffect, useState } from 'react'
import type { Link } from './links.js'
import { patternNames, stateWords } from './patterns.js'

/** The same link in the same state, and why it is in it. */
interface Shown {
  readonly title: string
  readonly state: ReturnType<typeof stateOf>
  readonly why: string
}

const stateOf = ({ gamut }: Link) => gamut.status.state

const show = (link: Link, why = ''): Shown => ({
  title: link.title,
  state: stateOf(link),
  why,
})

/** What a client said last of itself, without the time, and with the names that the page uses. */
async function lastMove({ gamut }: Link): Promise<string> {
  const said = (await gamut.explain()).at(-1)?.replace(/^\S+ /, '') ?? 'not begun'
  const text = said.replace(
    /\b(sse|websocket|poll|long-poll|ndjson)\b/g,
    (name) => patternNames[name] ?? name,
  )
  return /^live over [^:,]+$/.test(text) ? `${text}, as its need asks` : text
}

/** All links with their states, the reasons in the client's own words. */
function useLinks(links: readonly Link[]): readonly Shown[] {
  const [shown, setShown] = useState(() => links.map((link) => show(link)))
  useEffect(() => {
    let isOver = false
    const look = async (link: Link, index: number) => {
      const why = await lastMove(link)
      if (!isOver) setShown((before) => before.with(index, show(link, why)))
    }
    const stops = links.map((link, index) => {
      void look(link, index)
      return link.gamut.onStatus(() => void look(link, index))
    })
    return () => {
      isOver = true
      for (const stop of stops) stop()
    }
  }, [links])
  return shown
}

/** The page in one sentence. It changes only with what it says, so that it can be read out. */
function summarize(shown: readonly Shown[]): { readonly state: Shown['state']; readonly text: string } {
  const troubled = shown.filter(({ state }) => state !== 'live' && state !== 'idle')
  const [first] = troubled
  if (!first) return { state: 'live', text: 'Everything is live' }
  if (troubled.length === shown.length)
    return { state: first.state, text: `The page is ${stateWords[first.state]}` }
  const names = troubled.map(({ title }) => title).join(', ')
  return { state: first.state, text: `${names}: ${stateWords[first.state]}. The rest is live` }
}

/** Every link by transport, state and reason, under one sentence for all. */
export function StatusLine({ links }: { readonly links: readonly Link[] }) {
  const shown = useLinks(links)
  const { state, text } = summarize(shown)
  return (
    <div className="status-line">
      <p role="status" data-state={state}>
        <span className="dot" aria-hidden="true" />
        {text}
      </p>
      <ul>
        {shown.map(({ title, state, why }) => (
          <li key={title} data-state={state}>
            <strong>{title}</strong> {why}
          </li>
        ))}
      </ul>
    </div>
  )
}
