import { isLater } from '../awaitable.js'
import type { Clock } from '../clock.js'
import { GamutError } from '../error.js'
import type { Hooks } from '../hooks.js'
import type { Limits } from '../options.js'
import type { Tally } from '../telemetry/tally.js'
import type { Wheel } from './wheel.js'
import { within } from './within.js'

/** What guards hooks. */
export interface GuardParts {
  readonly clock: Clock
  readonly tally: Tally
  readonly wheel: Wheel
  readonly limits: Pick<Limits, 'hookTimeoutMs'>
}

/** A hook that is timed, whose failures are counted, and that is given up on: requests that wait for it would pile up. */
function guard<Given extends unknown[], Answer>(
  name: string,
  hook: (...given: Given) => Answer | Promise<Answer>,
  { clock, tally, wheel, limits }: GuardParts,
): (...given: Given) => Answer | Promise<Answer> {
  function note(startedAt: number): void {
    tally.observe('gamut_hook_seconds', clock.elapsed() - startedAt, name)
  }
  function fail(startedAt: number, error: unknown): never {
    note(startedAt)
    if (!(error instanceof GamutError)) tally.count('gamut_hook_errors_total', name)
    throw error
  }
  async function settle(answer: PromiseLike<Answer>, startedAt: number): Promise<Answer> {
    const settled = await within(answer, limits.hookTimeoutMs, wheel, name).catch((error: unknown) =>
      fail(startedAt, error),
    )
    note(startedAt)
    return settled
  }
  return (...given) => {
    const startedAt = clock.elapsed()
    let answer: Answer | Promise<Answer>
    try {
      answer = hook(...given)
    } catch (error) {
      return fail(startedAt, error)
    }
    if (isLater(answer)) return settle(answer, startedAt)
    note(startedAt)
    return answer
  }
}

/** The application's hooks, each timed, with its failures counted and a deadline. One that answers at once is awaited by nobody. */
export function guardHooks({ authenticate, authorize, onPublish }: Hooks, parts: GuardParts): Hooks {
  return {
    ...(authenticate && { authenticate: guard('authenticate', authenticate, parts) }),
    ...(authorize && { authorize: guard('authorize', authorize, parts) }),
    ...(onPublish && { onPublish: guard('onPublish', onPublish, parts) }),
  }
}
