import type { CryptoKey, JWSHeaderParameters } from 'jose'

/** The keys that one issuer signs with. */
export interface TokenKeys {
  /** The algorithms that its tokens may name; each key has one of its own. */
  readonly algorithms: readonly string[]
  /**
   * The keys that a token with such a header may be signed by, few; none if there is no such key. Throws `internal`
   * while that cannot be known.
   */
  find(header: JWSHeaderParameters): Promise<readonly CryptoKey[]>
}
