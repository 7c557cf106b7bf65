import { Button } from '../button.js'
import type { Link } from '../links.js'
import { proofs } from './proof.js'
import { proveNow } from './timeline.js'
import { useStore } from './use-faults.js'

/** Of each widget whether it holds what the server's log has. */
export function ProofLines({ links }: { readonly links: readonly Link[] }) {
  const all = useStore(proofs)
  const isReading = all.some(({ state }) => state === 'reading')
  return (
    <section className="proofs" aria-labelledby="proofs">
      <header>
        <h3 id="proofs">Logs equal to the server’s</h3>
        <Button className="quiet" isOff={isReading} onClick={() => void proveNow(links)}>
          Compare now
        </Button>
      </header>
      <ul>
        {all.map(({ title, state, text }) => (
          <li key={title} data-proof={state}>
            <strong>{title}</strong>
            <span>{text}</span>
          </li>
        ))}
      </ul>
      {all.length === 0 && (
        <p className="note">After each fault every widget is compared with the server’s log.</p>
      )}
    </section>
  )
}
