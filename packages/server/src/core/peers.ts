import { AddressSet, toAddressGroup } from '../address.js'

/** Says as whom an address is counted (PROTOCOL §10). */
export class Peers {
  readonly #unlimited: AddressSet

  constructor(unlimitedAddresses: readonly string[]) {
    this.#unlimited = new AddressSet(unlimitedAddresses)
  }

  /** One text for all addresses of one peer; `undefined` where nothing is counted: who is exempt, or not known. */
  of(address: string): string | undefined {
    return address === '' || this.#unlimited.has(address) ? undefined : toAddressGroup(address)
  }
}
