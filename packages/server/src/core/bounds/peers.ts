import { AddressSet, toAddressGroup } from '../../address.js'

/** Addresses that are remembered; past it they are looked at again. */
const maxKnown = 10_000

/** Says as whom an address is counted (PROTOCOL §10). */
export class Peers {
  readonly #unlimited: AddressSet
  /** What was found of addresses lately: each request and frame asks. */
  readonly #known = new Map<string, string | undefined>()

  constructor(unlimitedAddresses: readonly string[]) {
    this.#unlimited = new AddressSet(unlimitedAddresses)
  }

  /** One text for all addresses of one peer; `undefined` where nothing is counted: who is exempt, or not known. */
  of(address: string): string | undefined {
    const known = this.#known.get(address)
    if (known !== undefined || this.#known.has(address)) return known
    const peer = address === '' || this.#unlimited.has(address) ? undefined : toAddressGroup(address)
    if (this.#known.size >= maxKnown) this.#known.clear()
    this.#known.set(address, peer)
    return peer
  }
}
