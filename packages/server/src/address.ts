import ipaddr from 'ipaddr.js'

type Address = ipaddr.IPv4 | ipaddr.IPv6
type Range = [Address, number]

/** Bits of an IPv6 address that are one customer's: the rest of it is theirs to choose (RFC 6177). */
const customerBits = 64

/** An address in the one form that it is compared in: IPv4 that was mapped into IPv6 is IPv4 again, and no zone follows. */
function parse(text: string): Address | undefined {
  const bare = text.replace(/%.*$/, '')
  if (bare.includes(':')) return ipaddr.IPv6.isValid(bare) ? ipaddr.process(bare) : undefined
  return ipaddr.IPv4.isValidFourPartDecimal(bare) ? ipaddr.IPv4.parse(bare) : undefined
}

function parseRange(text: string): Range | undefined {
  const [base = '', bits, ...rest] = text.split('/')
  const address = parse(base)
  if (!address || rest.length > 0) return undefined
  const most = address.kind() === 'ipv4' ? 32 : 128
  if (bits === undefined) return [address, most]
  return /^\d{1,3}$/.test(bits) && Number(bits) <= most ? [address, Number(bits)] : undefined
}

/** Whether a text is an address, or a range like `10.0.0.0/8` or `2001:db8::/32`. */
export function isAddressRange(text: unknown): boolean {
  return typeof text === 'string' && parseRange(text) !== undefined
}

/** The same address always as the same text; `undefined` for what is none. */
export function toAddress(text: string): string | undefined {
  return parse(text)?.toString()
}

/** Who an address is, where peers are counted: all of one IPv6 network of 64 bits are one. */
export function toAddressGroup(address: string): string {
  const parsed = parse(address)
  if (parsed?.kind() !== 'ipv6') return address
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${parsed.toString()}/${customerBits}`).toString()}/${customerBits}`
}

/** Addresses and ranges of them. */
export class AddressSet {
  readonly #ranges: readonly Range[]

  /** Each text as {@link isAddressRange} takes it; others count as nothing. */
  constructor(texts: readonly string[]) {
    this.#ranges = texts.flatMap((text) => {
      const range = parseRange(text)
      return range ? [range] : []
    })
  }

  get isEmpty(): boolean {
    return this.#ranges.length === 0
  }

  has(text: string): boolean {
    if (this.isEmpty) return false
    const address = parse(text)
    return (
      address !== undefined &&
      this.#ranges.some(([base, bits]) => base.kind() === address.kind() && address.match(base, bits))
    )
  }
}
