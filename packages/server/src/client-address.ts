import { type AddressSet, toAddress } from './address.js'

/** The header in which proxies name who they speak for. */
export type ForwardedHeader = 'x-forwarded-for' | 'forwarded'

/**
 * The elements of a list, the last first: each proxy adds one at the end, and what stands before may be forged, quotes
 * that nobody closes too. So nothing is read before its turn.
 */
function* fromTheRight(list: string): Generator<string> {
  let end = list.length
  let isQuoted = false
  for (let at = list.length - 1; at >= 0; at--) {
    if (list[at] === '"' && list[at - 1] !== '\\') isQuoted = !isQuoted
    if (list[at] !== ',' || isQuoted) continue
    yield list.slice(at + 1, end)
    end = at
  }
  yield list.slice(0, end)
}

/** The address in `1.2.3.4`, `1.2.3.4:80`, `[2001:db8::1]:80`, or without brackets and port. */
function toNode(text: string): string | undefined {
  const [, inBrackets] = /^\[([^\]]*)\](?::\d+)?$/.exec(text) ?? []
  return toAddress(inBrackets ?? text.replace(/^([\d.]+):\d+$/, '$1'))
}

/** Whom one element names; `undefined` also for a name that hides the address (RFC 7239 §6). */
function toForwarded(element: string, header: ForwardedHeader): string | undefined {
  if (header === 'x-forwarded-for') return toNode(element.trim())
  const [, quoted, bare] = /(?:^|;)\s*for=(?:"([^"\\]*)"|([^\s;,"]+))\s*(?:;|$)/i.exec(element.trim()) ?? []
  return toNode(quoted ?? bare ?? '')
}

/**
 * Whose a request is: the peer's address, or behind trusted proxies the right-most address that is none of theirs. What
 * cannot be read ends the search at the proxy that said it. `peer` as `toAddress` gives it, or empty if it has none.
 */
export function clientAddress(
  peer: string,
  list: string | undefined,
  header: ForwardedHeader,
  proxies: AddressSet,
): string {
  if (list === undefined || !proxies.has(peer)) return peer
  let address = peer
  for (const element of fromTheRight(list)) {
    const named = toForwarded(element, header)
    if (named === undefined) return address
    address = named
    if (!proxies.has(address)) return address
  }
  return address
}
