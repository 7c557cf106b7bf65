import { AddressSet, toAddressGroup } from '../../address.js'
import { remember } from '../../remember.js'

/** Addresses that are remembered: each request and frame asks. */
const maxKnown = 10_000

/** Says as whom an address is counted (PROTOCOL §10). */
export class Peers {
  /** One text for all addresses of one peer; `undefined` where nothing is counted: who is exempt, or not known. */
  readonly of: (address: string) => string | undefined

  constructor(unlimitedAddresses: readonly string[]) {
    const unlimited = new AddressSet(unlimitedAddresses)
    this.of = remember(maxKnown, (address) =>
      address === '' || unlimited.has(address) ? undefined : toAddressGroup(address),
    )
  }
}
