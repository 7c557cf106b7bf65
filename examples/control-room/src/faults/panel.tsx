import { type KeyboardEvent, useEffect, useRef } from 'react'
import { Button } from '../button.js'
import type { Link } from '../links.js'
import { Breaker } from './breaker.js'
import { ProofLines } from './proof-lines.js'
import { Latest, TimelineView } from './timeline-view.js'

/** The side of the page that breaks it, and shows what that does. */
export function Panel({ links, onClose }: { readonly links: readonly Link[]; readonly onClose: () => void }) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => heading.current?.focus(), [])
  const press = ({ key }: KeyboardEvent) => {
    if (key === 'Escape') onClose()
  }
  return (
    <aside className="breaker" id="breaker" aria-labelledby="breaker-title" onKeyDown={press}>
      <header>
        <h2 id="breaker-title" ref={heading} tabIndex={-1}>
          Break things
        </h2>
        <Button className="quiet" onClick={onClose}>
          Close
        </Button>
        <Latest />
      </header>
      <div className="scroll">
        <Breaker />
        <ProofLines links={links} />
        <TimelineView />
      </div>
    </aside>
  )
}
