import type { TransportName } from '@gamut/protocol'
import { ask, toEnd } from './ask.js'
import { toFrame } from './frame.js'
import type {
  BatchFrame,
  Link,
  LinkEnd,
  LinkListener,
  LinkRequest,
  OpenFrame,
  Transport,
} from './transport.js'

/** How long an answer may take, beyond the wait of a long-poll (PROTOCOL §16), in milliseconds. */
const patienceMs = 10_000
const waitMs = 25_000
/** The least time between two questions that brought nothing, in milliseconds. */
const leastMs = 1000

/** What a poll answers for one channel (PROTOCOL §15). */
interface Answer extends Omit<OpenFrame, 'type'>, Omit<BatchFrame, 'type' | 'after'> {
  readonly more: boolean
  readonly closed: boolean
  readonly error?: object
}

/** One question after the other. */
class PollLink implements Link {
  readonly #request: LinkRequest
  readonly #listener: LinkListener
  readonly #as: TransportName
  #round: AbortController | undefined
  #isOver = false
  #isLate = false
  #isOpen = false

  constructor(request: LinkRequest, listener: LinkListener, as: TransportName) {
    this.#request = request
    this.#listener = listener
    this.#as = as
    void this.#run()
  }

  /** Asks at once: what was asked for is not what is wished any more. */
  change(): void {
    this.#isOpen = false
    this.#round?.abort()
  }

  check(): void {
    this.change()
  }

  close(): void {
    this.#isOver = true
    this.change()
  }

  async #run(): Promise<void> {
    let end: LinkEnd | undefined
    while (!end && !this.#isOver) {
      const round = new AbortController()
      this.#round = round
      end = await this.#ask(round).catch((thrown) => {
        if (this.#isLate) return { kind: 'mute' } as const
        return round.signal.aborted ? undefined : toEnd(thrown)
      })
    }
    if (end && !this.#isOver) this.#listener.ended(end)
  }

  /** Resolves when it is time to ask again. */
  async #ask(round: AbortController): Promise<undefined> {
    const { environment } = this.#request
    // What is asked for the first time is answered at once, so that it is known to be open.
    const isLong = this.#isOpen && this.#as !== 'poll'
    const beganAt = environment.elapsed()
    const { wishes, response, cancel } = await ask(this.#request, this.#listener, {
      as: isLong ? this.#as : 'poll',
      type: 'application/json',
      signal: round.signal,
      patienceMs: patienceMs + (isLong ? waitMs : 0),
      late: () => {
        this.#isLate = true
        round.abort()
      },
    })
    let restMs: number
    let isQuiet = true
    try {
      const body = Object(await response.json())
      for (const answer of (body.channels ?? [body]) as readonly Answer[])
        if (!this.#tell(answer, wishes.get(answer?.channel)?.cursor)) isQuiet = false
      restMs =
        this.#as === 'poll'
          ? body.pollAfterMs
          : isLong && isQuiet
            ? leastMs + beganAt - environment.elapsed()
            : 0
      if (!body.more) restMs = Math.max(restMs, this.#request.pollEveryMs())
    } finally {
      cancel()
    }
    this.#isOpen ||= !round.signal.aborted
    if (isQuiet) this.#tellFrame({ type: 'heartbeat' })
    if (!(restMs > 0) || round.signal.aborted) return
    await new Promise<void>((resolve) => {
      const stop = environment.after(restMs, resolve)
      round.signal.addEventListener('abort', () => {
        stop()
        resolve()
      })
    })
  }

  #tellFrame(frame: unknown): void {
    if (!this.#isOver) this.#listener.frame(toFrame(frame))
  }

  /** Tells an answer as frames; whether it brought nothing. Where it stood before its first message is only known of a cursor. */
  #tell(answer: Answer, asked: string | undefined): boolean {
    const { channel, outcome, gap, reason, cursor, messages, skipped, snapshotEnd } = answer
    const after = outcome === 'resumed' ? asked : (gap?.cursor ?? '')
    const isQuiet = after === cursor && !snapshotEnd
    if (asked === undefined) throw new SyntaxError('no answer')
    this.#tellFrame({ type: 'open', channel, outcome, cursor: after, gap, reason, asked })
    if (!isQuiet) this.#tellFrame({ type: 'batch', channel, after, cursor, messages, skipped, snapshotEnd })
    if (answer.error) this.#tellFrame({ ...answer.error, type: 'error', channel })
    if (answer.closed && !answer.more) this.#tellFrame({ type: 'end', channel, reason: 'closed' })
    return isQuiet
  }
}

/** A transport that asks again and again. */
export function pollTransport(name: 'poll' | 'long-poll'): Transport {
  return {
    name,
    maxChannels: 100,
    isPossible: () => true,
    open: (request, listener) => new PollLink(request, listener, name),
  }
}

/** Asks as often as the server says (PROTOCOL §4): works through whatever lets a request pass. */
export function poll(): Transport {
  return pollTransport('poll')
}
