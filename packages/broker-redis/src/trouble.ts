import { BrokerUnavailable } from '@gamut/server'

/** What Redis answers when it did nothing of what was asked, and what that means. */
const refusals: Readonly<Record<string, string>> = {
  OOM: "Redis has no memory left within its maxmemory: give it more, or shorten the channels' retention.",
  READONLY: 'This Redis is a replica now: nothing can be written until the connection leads to its master.',
  MISCONF: 'Redis refuses writes because it cannot save to disk: see whether the disk is full.',
  LOADING: 'Redis is still loading its data from disk.',
  MASTERDOWN: 'This Redis is a replica that has lost its master.',
  NOAUTH: 'Redis asks for a password: give one in the URL or to the client.',
  WRONGPASS: 'Redis does not accept this user and password.',
  NOPERM:
    'This user of Redis may not do what Gamut needs: docs/guide/brokers.md has the rule that allows it.',
  CLUSTERDOWN: 'The Redis Cluster does not serve all of its slots.',
  MOVED: 'This Redis is one of a Cluster: give some of its addresses together, as those of a Cluster.',
  TRYAGAIN: 'Keys of this channel are being moved between Redis nodes.',
  'DB index': 'Redis has no database of this number.',
  NOREPLICAS: 'Redis has fewer replicas than min-replicas-to-write asks for.',
  BUSY: 'Redis is busy with a script that runs for too long.',
}

/** What no waiting mends where it comes at the start: a user, a password, a database, a permission. */
const isForGood = /^(?:WRONGPASS|NOAUTH|NOPERM|ERR (?:AUTH|DB index|invalid DB index|SELECT))\b/
const isOfCertificate =
  /^(?:ERR_TLS_CERT_|CERT_|SELF_SIGNED_CERT|DEPTH_ZERO_|UNABLE_TO_(?:GET_ISSUER|VERIFY))/

/** The client wraps the error that it was told to give up with. */
interface CodedError {
  readonly code?: unknown
  readonly originalError?: { readonly code?: unknown }
}

function isUntrusted(thrown: unknown): boolean {
  const { code, originalError }: CodedError = Object(thrown)
  return isOfCertificate.test(String(code ?? originalError?.code))
}

/** Whether it is no use to try again. */
export function isRefusal(thrown: unknown): boolean {
  return isForGood.test(textOf(thrown)) || isUntrusted(thrown)
}

const unsent = new Set(['ClientOfflineError', 'ClientClosedError'])
const replies = new Set(['SimpleError', 'BlobError', 'ErrorReply'])

const nameOf = (thrown: unknown) => (thrown instanceof Error ? thrown.constructor.name : '')

/** Whether Redis has answered this error, so that the connection is well. */
export function isReply(thrown: unknown): boolean {
  return replies.has(nameOf(thrown))
}

const textOf = (thrown: unknown) => (thrown instanceof Error ? thrown.message : String(thrown))

/** Text without what stands before an `@` in an address: a user, a password. */
function redact(text: string): string {
  return text.replace(/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/]*@/gi, '$1')
}

/** What is thrown for an error of the client or of Redis: `BrokerUnavailable` only where it is known that nothing was stored. */
export function toTrouble(thrown: unknown): Error {
  const text = textOf(thrown)
  if (thrown instanceof BrokerUnavailable) return thrown
  if (unsent.has(nameOf(thrown))) return new BrokerUnavailable('There is no connection to Redis just now.')
  const version = /GAMUTVERSION (\S+)/.exec(text)
  if (version)
    return new BrokerUnavailable(
      `The data in Redis has format ${version[1]}, this version of Gamut writes 1. Run the version that wrote it, or give another prefix.`,
    )
  const foreign =
    "A key of Gamut's prefix holds something that Gamut has not written. Delete it, or give another prefix."
  if (/\bGAMUTFOREIGN\b/.test(text)) return new BrokerUnavailable(foreign, { cause: redact(text) })
  // Redis itself says so in the middle of a script, when some of it may be done.
  if (/\bWRONGTYPE\b/.test(text)) return new Error(foreign, { cause: redact(text) })
  if (isUntrusted(thrown))
    return new BrokerUnavailable(
      'The certificate of Redis is not trusted: NODE_EXTRA_CA_CERTS names a file with the one that signed it.',
      { cause: redact(text) },
    )
  const code = Object.keys(refusals).find((word) => new RegExp(`\\b${word}\\b`).test(text))
  if (code) return new BrokerUnavailable(refusals[code])
  return new Error('Redis has not answered.', { cause: redact(text) })
}

/** The same for what stores nothing whatever becomes of it: a read, a start. */
export function toUnavailable(thrown: unknown): BrokerUnavailable {
  const trouble = toTrouble(thrown)
  if (trouble instanceof BrokerUnavailable) return trouble
  return new BrokerUnavailable(trouble.message, { cause: trouble.cause })
}

/** What the log is told of an error: its cause too, which may name an address, as callers are never told. */
export function toReason(thrown: unknown): string {
  const { message, cause } = toTrouble(thrown)
  return cause === undefined ? message : `${message} (${cause})`
}
