// @ts-check

/** Why a read ended before it was to: with the server's own time to come back if it gave one. */
export class Failure extends Error {
  /** @param {string} message @param {{ isFinal?: boolean, retryAfterMs?: number | undefined }} [more] */
  constructor(message, { isFinal = false, retryAfterMs } = {}) {
    super(message)
    /** The same request would be refused again. */
    this.isFinal = isFinal
    this.retryAfterMs = retryAfterMs
  }
}

/**
 * Turns a refused answer into a failure. What a retry may mend comes with `retryAfterMs` in its body, or `Retry-After`.
 * @param {Response} response
 * @param {string} body
 */
export function toFailure(response, body) {
  const { code, retryAfterMs } = parseError(body)
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN)
  const isFinal = response.status < 500 && response.status !== 429
  return new Failure(`Refused with ${response.status}${code ? ` ${code}` : ''}`, {
    isFinal,
    retryAfterMs: retryAfterMs ?? (Number.isFinite(seconds) ? seconds * 1000 : undefined),
  })
}

/** @returns {Partial<import('./reading.js').ErrorBody>} */
function parseError(/** @type {string} */ body) {
  try {
    return JSON.parse(body).error ?? {}
  } catch {
    return {}
  }
}
