import { useStatus } from '@gamut/react'
import { type ReactNode, useId } from 'react'
import { formatBytes, formatCount, formatMs } from './format.js'
import { GamutProvider } from './hooks.js'
import type { Link } from './links.js'
import { patternNames, stateWords } from './patterns.js'
import { useCosts } from './use-costs.js'
import { useReason } from './use-reason.js'

/** By what the widget is read now, and how that is. */
function Pattern({ advised = '' }: { readonly advised: string | undefined }) {
  const { state, transport } = useStatus(({ state, transport }) => ({ state, transport }))
  const name = patternNames[transport ?? advised]
  return (
    <span className="pattern" data-state={state} data-transport={transport} data-unknown={!name || undefined}>
      <span className="dot" aria-hidden="true" />
      {name}
      <span className="hidden">, {stateWords[state]}</span>
    </span>
  )
}

function Cost({ label, value }: { readonly label: string; readonly value: string }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{value}</dd>
    </div>
  )
}

function Costs({ link }: { readonly link: Link }) {
  const { requests, bytes, open, delayMs } = useCosts(link)
  return (
    <dl className="costs">
      <Cost label="Requests" value={formatCount(requests)} />
      <Cost label="Traffic" value={formatBytes(bytes)} />
      <Cost label="Held open" value={formatCount(open)} />
      <Cost label="Delay" value={delayMs === undefined ? '–' : formatMs(delayMs)} />
    </dl>
  )
}

/** A part of the page with its own link: what it shows, by which pattern, why that one, and what it has cost. */
export function Widget({
  link,
  area,
  children,
}: {
  readonly link: Link
  readonly area: string
  readonly children: ReactNode
}) {
  const id = useId()
  const reason = useReason(link.need)
  return (
    <GamutProvider gamut={link.gamut}>
      <section className="widget" data-area={area} aria-labelledby={id}>
        <header>
          <h2 id={id}>{link.title}</h2>
          <Pattern advised={reason?.pattern} />
        </header>
        <div className="body">{children}</div>
        <footer>
          <p className="reason">{reason?.headline}</p>
          <Costs link={link} />
        </footer>
      </section>
    </GamutProvider>
  )
}
