import { Revocations, type RevocationsParts, type Revoked } from './revocations.js'
import { Tenure } from './tenure.js'
import { Tickets, type TicketsParts } from './tickets.js'

/** What ends whoever reads, made together: a revocation ends what is held, and what is held is asked about revocations. */
export function createTenure(shared: RevocationsParts & TicketsParts): {
  readonly tenure: Tenure
  readonly revocations: Revocations
  readonly tickets: Tickets
} {
  const revocations: Revocations = new Revocations({
    ...shared,
    onRevoked: (revoked: Revoked) => {
      tenure.revoke(revoked)
      shared.onRevoked(revoked)
    },
  })
  const tenure = new Tenure({ ...shared, revocations })
  return { tenure, revocations, tickets: new Tickets(shared) }
}
