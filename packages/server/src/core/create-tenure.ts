import type { Connections } from './connections.js'
import { Revocations, type RevocationsParts, type Revoked } from './revocations.js'
import { Tenure } from './tenure.js'

/** What ends whoever reads, made together: a revocation ends what is held, and what is held is asked about revocations. */
export function createTenure(
  shared: Omit<RevocationsParts, 'onRevoked'> & { readonly connections: Connections },
): { readonly tenure: Tenure; readonly revocations: Revocations } {
  const revocations: Revocations = new Revocations({
    ...shared,
    onRevoked: (revoked: Revoked) => tenure.revoke(revoked),
  })
  const tenure = new Tenure({ ...shared, revocations })
  return { tenure, revocations }
}
