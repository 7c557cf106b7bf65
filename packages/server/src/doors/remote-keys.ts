import type { CryptoKey, JWSHeaderParameters } from 'jose'
import type { Clock } from '../clock.js'
import { GamutError, textOf } from '../error.js'
import type { Logger } from '../telemetry/logger.js'
import { type FindKeys, parseKeySet } from './key-set.js'

/** Keys older than this are fetched again while they still serve: so long may a withdrawn key be taken. */
const refreshMs = 600_000
/** Keys that could not be fetched again for so long serve no more. */
const maxAgeMs = 86_400_000
/** Between two attempts, whatever tokens come: who sends unknown key ids makes no storm of requests. */
const cooldownMs = 10_000
const timeoutMs = 5000
const maxBytes = 256 * 1024

/** What fetching keys needs from outside. */
export interface RemoteKeysOptions {
  readonly clock: Clock
  readonly logger: Logger
  readonly fetch: typeof fetch
  /** A number from 0 to below 1. */
  readonly random: () => number
}

/** The public keys under an address, kept and fetched again as tokens need it: one request at a time. */
export class RemoteKeys {
  readonly #url: URL
  readonly #options: RemoteKeysOptions
  #keys: { readonly find: FindKeys; readonly loadedAt: number } | undefined
  #triedAt = Number.NEGATIVE_INFINITY
  #failed = false
  #loading: Promise<FindKeys> | undefined

  constructor(url: URL, options: RemoteKeysOptions) {
    this.#url = url
    this.#options = options
  }

  /** The keys for a token's header. Throws `internal` while the address does not answer and what is kept does not do. */
  async find(header: JWSHeaderParameters): Promise<readonly CryptoKey[]> {
    const known = this.#keys
    const age = known ? this.#options.clock.elapsed() - known.loadedAt : Number.POSITIVE_INFINITY
    if (!known || age > maxAgeMs) return (await this.#load())(header)
    if (age > refreshMs && !this.#isCoolingDown) this.#load().catch(() => {})
    const found = await known.find(header)
    if (found.length > 0) return found
    // An unknown key is perhaps a new one.
    if (!this.#isCoolingDown || this.#loading !== undefined || this.#failed)
      return (await this.#load())(header)
    return found
  }

  get #isCoolingDown(): boolean {
    return this.#options.clock.elapsed() - this.#triedAt < cooldownMs
  }

  #load(): Promise<FindKeys> {
    if (this.#loading !== undefined) return this.#loading
    if (this.#isCoolingDown) return Promise.reject(this.#away())
    this.#triedAt = this.#options.clock.elapsed()
    this.#loading = this.#fetch().finally(() => {
      this.#loading = undefined
    })
    return this.#loading
  }

  async #fetch(): Promise<FindKeys> {
    try {
      const find = await this.#request()
      this.#keys = { find, loadedAt: this.#options.clock.elapsed() }
      this.#failed = false
      return find
    } catch (error) {
      this.#failed = true
      const { origin, pathname } = this.#url
      const cause = error instanceof Error && error.cause !== undefined ? { cause: textOf(error.cause) } : {}
      const fields = { url: origin + pathname, error: textOf(error), ...cause }
      this.#options.logger.error(fields, 'the keys of tokens cannot be fetched')
      throw this.#away()
    }
  }

  async #request(): Promise<FindKeys> {
    const response = await this.#options.fetch(this.#url, {
      headers: { accept: 'application/jwk-set+json, application/json' },
      // Keys come from the address that was configured and from no other.
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    })
    if (response.status !== 200) {
      await response.body?.cancel()
      throw new Error(`it answered with status ${response.status}, not 200`)
    }
    const set = parseKeySet(JSON.parse(await readText(response)))
    if (typeof set === 'string') throw new Error(set)
    return set.find
  }

  /** Whoever asks has perhaps a good token: nothing says that it is wrong. Not all come back at the same moment. */
  #away(): GamutError {
    const { clock, random } = this.#options
    const waitMs = this.#triedAt + cooldownMs - clock.elapsed() + random() * cooldownMs
    return new GamutError('internal', 'Tokens cannot be checked just now. Try again as told.', waitMs)
  }
}

async function readText(response: Response): Promise<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let text = ''
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    if (size > maxBytes) throw new Error(`the keys have more than ${maxBytes} bytes`)
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}
