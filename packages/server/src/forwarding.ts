import { AddressSet, toAddress } from './address.js'
import { clientAddress, type ForwardedHeader } from './client-address.js'
import { remember } from './remember.js'
import type { Logger } from './telemetry/logger.js'

/** Peers whose addresses are remembered: each request asks. */
const maxKnown = 10_000

/** Knows the proxies in front of the server, and by them whose a request is. */
export class Forwarding {
  readonly #proxies: AddressSet
  readonly #header: ForwardedHeader
  readonly #logger: Logger
  readonly #addressOf = remember(maxKnown, (peer: string) => toAddress(peer) ?? '')
  #hasWarned = false

  constructor(parts: {
    readonly trustedProxies: readonly string[]
    readonly forwardedHeader: ForwardedHeader
    readonly logger: Logger
  }) {
    this.#proxies = new AddressSet(parts.trustedProxies)
    this.#header = parts.forwardedHeader
    this.#logger = parts.logger
  }

  /** Whether an address is a trusted proxy's. */
  isProxy(address: string): boolean {
    return this.#proxies.has(address)
  }

  /** Whose a request is: its peer's, or whom trusted proxies name. */
  clientOf(peer: string, header: (name: string) => string | undefined): string {
    const list = header(this.#header)
    if (list !== undefined && this.#proxies.isEmpty) this.#warn()
    return clientAddress(this.#addressOf(peer), list, this.#header, this.#proxies)
  }

  /** Once: without its name all that a proxy sends on is counted as one peer, or one on this machine as none. */
  #warn(): void {
    if (this.#hasWarned) return
    this.#hasWarned = true
    const text =
      'requests say that a proxy forwards them, and none is named in trustedProxies: limits count its address'
    this.#logger.warn({ header: this.#header }, text)
  }
}
