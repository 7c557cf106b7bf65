import type { Reason, Status } from './status.js'

/** The last moves of a client, for people. */
export interface Explain {
  /** Notes a change of status; one that is no news is left out. */
  add(at: number, from: Status, to: Status): void
  /** A sentence for each of the last 50 moves, the oldest first, in local time. Words may change. */
  lines(): string[]
}

const kept = 50

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
  garbage: 'something else answered, such as a proxy',
  lost: 'the connection was cut',
  'sent-away': 'the server asked for it',
  unreached: 'the server is not reached',
  recovered: 'the better one works again',
  behind: 'the server does not see its store',
  refused: 'the server refused',
}

const clock = (at: number) => new Date(at).toTimeString().slice(0, 8)

function sentence(at: number, from: Status, { state, transport, reason, retryAt }: Status): string {
  const isMove = state === 'live' && from.transport && from.transport !== transport
  const what = isMove
    ? `moved from ${from.transport} to ${transport}`
    : state + (state === 'live' ? ` over ${transport}` : retryAt ? ` until ${clock(retryAt)}` : '')
  const isBad = reason.code === 'bad'
  const took = 'ms' in reason && reason.ms ? `${reason.ms / 1000} s` : 'a short time'
  const why = words[isBad ? reason.reason : reason.code]?.replace('%', took)
  const detail = isBad ? `, as for ${reason.transport} ` : ': '
  return `${clock(at)} ${what}${why ? detail + why : ''}${'error' in reason ? ` (${reason.error})` : ''}`
}

/** Keeps the last moves of one client. */
export function createExplain(): Explain {
  const moves: [at: number, from: Status, to: Status][] = []
  return {
    add(at, from, to) {
      if (from.reason === to.reason && from.state === to.state) return
      moves.push([at, from, to])
      if (moves.length > kept) moves.shift()
    },
    lines: () => moves.map((move) => sentence(...move)),
  }
}
