import { lazy, type ReactNode, Suspense, useEffect, useState } from 'react'
import { serverBack } from './use-server-back.js'

/** It is loaded when somebody goes there; where the server is away then, once it is back. */
const loadOperations = (): Promise<typeof import('./operations/operations.js')> =>
  import('./operations/operations.js').catch(() => serverBack().then(loadOperations))
const Operations = lazy(loadOperations)

const operationsHash = '#operations'
const isOperationsNow = () => location.hash === operationsHash

/** Whether the operations are looked at: the address says so, so that a link and the way back work. */
function useIsOperations(): boolean {
  const [isOperations, setOperations] = useState(isOperationsNow)
  useEffect(() => {
    const follow = () => {
      setOperations(isOperationsNow())
      document.title = isOperationsNow() ? 'Operations · Control room' : 'Control room'
    }
    follow()
    addEventListener('hashchange', follow)
    return () => removeEventListener('hashchange', follow)
  }, [])
  return isOperations
}

/** Where one is, and where else one can go. */
export function ViewLinks() {
  const isOperations = useIsOperations()
  return (
    <nav className="views" aria-label="Views">
      <a href="#room" aria-current={isOperations ? undefined : 'page'}>
        Room
      </a>
      <a href={operationsHash} aria-current={isOperations ? 'page' : undefined}>
        Operations
      </a>
      <a href="/transports">Transports</a>
    </nav>
  )
}

/** The room, or the operations in its place. The room stays connected: whoever operates goes back and forth. */
export function Views({ children }: { readonly children: ReactNode }) {
  const isOperations = useIsOperations()
  return (
    <>
      <div hidden={isOperations}>{children}</div>
      {isOperations && (
        <Suspense fallback={<main className="loading" />}>
          <Operations />
        </Suspense>
      )}
    </>
  )
}
