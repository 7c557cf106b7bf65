import { GamutError } from '../error.js'

/** A refusal of one channel of several, which it names, so that the others can be read without that one (PROTOCOL §4). */
export function asNamed(error: GamutError, channel: string): GamutError {
  const { code, message, retryAfterMs } = error
  const name = `"${channel}"`
  return message.includes(name) ? error : new GamutError(code, `${name}: ${message}`, retryAfterMs)
}

/** The first of such refusals, with the names of all channels of which it is true as well: nobody has to ask for each in turn. */
export function together(refused: readonly (readonly [channel: string, error: GamutError])[]): GamutError {
  const [[channel, error], ...rest] = refused as [[string, GamutError], ...[string, GamutError][]]
  const { code, message, retryAfterMs } = asNamed(error, channel)
  const others = rest.flatMap(([name, other]) => (other.code === code ? [`"${name}"`] : []))
  return new GamutError(
    code,
    others.length ? `${message} Likewise ${others.join(', ')}.` : message,
    retryAfterMs,
  )
}
