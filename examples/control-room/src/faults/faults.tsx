import { lazy, Suspense, useEffect, useRef, useState } from 'react'
import { createPortal } from 'react-dom'
import type { Link } from '../links.js'

/** It has a file of its own, so that the page is painted before it comes. */
const Panel = lazy(async () => ({ default: (await import('./panel.js')).Panel }))

/** Opens the side of the page that breaks it. */
export function Faults({ links }: { readonly links: readonly Link[] }) {
  const [isOpen, setOpen] = useState(false)
  const button = useRef<HTMLButtonElement>(null)
  const wasOpen = useRef(false)
  useEffect(() => {
    // The page makes room for it.
    document.documentElement.toggleAttribute('data-breaking', isOpen)
    if (wasOpen.current && !isOpen) button.current?.focus()
    wasOpen.current = isOpen
  }, [isOpen])
  return (
    <>
      <button
        ref={button}
        type="button"
        className="break"
        aria-expanded={isOpen}
        aria-controls={isOpen ? 'breaker' : undefined}
        onClick={() => setOpen(!isOpen)}
      >
        Break things
      </button>
      {isOpen &&
        createPortal(
          <Suspense>
            <Panel links={links} onClose={() => setOpen(false)} />
          </Suspense>,
          document.body,
        )}
    </>
  )
}
