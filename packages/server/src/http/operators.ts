import { isSameSecret } from '../core/hash.js'
import { GamutError } from '../error.js'
import { isSameOrigin } from './cors.js'
import { isProxied } from './proxied.js'
import type { HttpRequest } from './request.js'

function isLoopbackAddress(address: string): boolean {
  return /^127(?:\.\d{1,3}){3}$/.test(address) || address === '::1'
}

/**
 * Whether a `Host` names this machine. A page of any site can let its own name point to 127.0.0.1 and is then of the
 * server's origin (DNS rebinding); such a name has a dot in it and is no address.
 */
function isOwnHost(host: string): boolean {
  const name = host.replace(/:\d+$/, '').toLowerCase()
  return !name.includes('.') || isLoopbackAddress(name) || name.endsWith('.localhost')
}

/** Straight from a program on this machine: no proxy between, and no page of the web. */
function isFromThisMachine(request: HttpRequest): boolean {
  const host = request.header('host') ?? ''
  const origin = request.header('origin')
  return (
    isLoopbackAddress(request.address) &&
    !isProxied(request) &&
    isOwnHost(host) &&
    (origin === undefined || isSameOrigin(origin, host))
  )
}

/** Lets operators alone through to the routes of PROTOCOL §14. */
export class OperatorCheck {
  readonly #key: string | undefined

  constructor(key: string | undefined) {
    this.#key = key
  }

  /** Throws `unauthenticated` or `forbidden` unless an operator asks: by the key, or from this machine while there is none. */
  pass(request: HttpRequest): void {
    if (this.#key === undefined) {
      if (isFromThisMachine(request)) return
      throw new GamutError(
        'forbidden',
        'Without an operationsKey this is open to programs of the same machine only, and not through a proxy. Set the option operationsKey and send it.',
      )
    }
    const [, given] = /^Bearer +(\S+) *$/i.exec(request.header('authorization') ?? '') ?? []
    if (given !== undefined && isSameSecret(given, this.#key)) return
    throw new GamutError(
      'unauthenticated',
      'This is for operators: send Authorization: Bearer <operationsKey>.',
    )
  }
}
