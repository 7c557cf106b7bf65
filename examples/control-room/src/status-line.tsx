import type { ClientStatus } from '@gamut/client'
import { useEffect, useState } from 'react'
import type { Link } from './links.js'
import { stateWords, toSentence } from './patterns.js'

/** A link in a state, and why it is in it. */
interface Shown {
  readonly title: string
  readonly state: ClientStatus['state']
  readonly why: string
  /** Which of all moves it was. */
  readonly turn: number
}

/** What a client said last of itself. */
async function lastMove({ gamut }: Link): Promise<string> {
  return toSentence((await gamut.explain()).at(-1) ?? ' asks when it is needed')
}

/** All links with their states, the reasons in the client's own words. */
function useLinks(links: readonly Link[]): readonly Shown[] {
  const [shown, setShown] = useState((): readonly Shown[] =>
    links.map(({ title, gamut }) => ({ title, state: gamut.status.state, why: '', turn: 0 })),
  )
  useEffect(() => {
    let isOver = false
    let turn = 0
    const look = async (link: Link, index: number) => {
      const own = ++turn
      const why = await lastMove(link)
      const { state } = link.gamut.status
      if (!isOver) setShown((before) => before.with(index, { title: link.title, state, why, turn: own }))
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
  const busy = shown.filter(({ state }) => state !== 'idle')
  const troubled = busy.filter(({ state }) => state !== 'live')
  // Of those that try again by turns: while one waits, all of them do, or each try would be told anew.
  const first = troubled.find(({ state }) => state === 'waiting') ?? troubled[0]
  if (!first) return { state: 'live', text: 'Everything is live' }
  if (troubled.length === busy.length)
    return { state: first.state, text: `The page is ${stateWords[first.state]}` }
  const names = troubled.map(({ title }) => title).join(', ')
  return { state: first.state, text: `${names}: ${stateWords[first.state]}. The rest is live` }
}

/** The page in a sentence, the last move with its reason, and behind a click every link. */
export function StatusLine({ links }: { readonly links: readonly Link[] }) {
  const shown = useLinks(links)
  const { state, text } = summarize(shown)
  const last = shown.reduce((a, b) => (b.state !== 'idle' && b.turn > a.turn ? b : a))
  return (
    <div className="status-line">
      <p role="status" data-state={state}>
        <span className="dot" aria-hidden="true" />
        {text}
      </p>
      <p className="move">{`${last.title}: ${last.why}`}</p>
      <details>
        <summary>All links</summary>
        <ul>
          {shown.map(({ title, state, why }) => (
            <li key={title} data-state={state}>
              <span className="dot" aria-hidden="true" />
              <strong>{title}</strong>
              <span>{why}</span>
            </li>
          ))}
        </ul>
      </details>
    </div>
  )
}
