import type { Reason, Status } from './status.js'

/** A change of a client's status, and when it was. */
export interface Move {
  readonly at: number
  readonly from: Status
  readonly to: Status
}

/** What the state itself does not say; `%` is how long it took. */
const words: Readonly<Partial<Record<Reason['code'], string>>> = {
  unknown: 'nothing is known of the channels yet',
  shared: 'one connection carries all',
  many: 'there are many channels',
  hidden: 'the page is out of sight',
  shown: 'the page is in sight again',
  override: 'the application wants it',
  hand: 'the application wants it',
  unavailable: 'what the application wants is not possible here',
  mute: 'no event came within %; a proxy holds the stream back',
  silent: 'no event came after the first; a proxy holds the stream back',
  cut: 'the connection was accepted and cut',
  short: 'connections are cut after %',
  blocked: 'the connection is not let through',
  garbage: 'something else answered: a proxy, or there is no Gamut server at this address',
  lost: 'the connection was cut',
  'sent-away': 'the server asked for it',
  unreached: 'the server is not reached, or refuses pages of this origin',
  unanswered:
    'no answer has begun; a proxy holds it back, or other tabs hold all connections that HTTP/1.1 gets',
  recovered: 'the better one works again',
  behind: 'the server does not see its store',
  refused: 'the server refused',
}

const clock = (at: number) => new Date(at).toTimeString().slice(0, 8)

/** Tells a move in a sentence for people, in local time. Loaded when it is asked for, as it is mostly texts. */
export function explain({ at, from, to: { state, transport, reason, retryAt } }: Move): string {
  const isMove = state === 'live' && from.transport && from.transport !== transport
  const what = isMove
    ? `moved from ${from.transport} to ${transport}`
    : state + (state === 'live' ? ` over ${transport}` : retryAt ? ` until ${clock(retryAt)}` : '')
  const isBad = reason.code === 'bad'
  const took = 'ms' in reason && reason.ms ? `${Math.round(reason.ms / 100) / 10} s` : 'a short time'
  const why = words[isBad ? reason.reason : reason.code]?.replace('%', took)
  const detail = isBad ? `, as for ${reason.transport} ` : ': '
  return `${clock(at)} ${what}${why ? detail + why : ''}${'error' in reason ? ` (${reason.error})` : ''}`
}
