import { isJsonObject } from '@gamut/protocol'
import { Failure, textOf } from './failure.js'
import { escapeControls } from './terminal.js'

/** How long a server may take for an answer, in milliseconds. */
const answerWithinMs = 30_000

/** Asks a server; throws a `Failure` where there is no answer: `unanswered` says what that means. */
export async function askServer(url: string, request: RequestInit, unanswered: string): Promise<Response> {
  try {
    return await fetch(url, { ...request, signal: AbortSignal.timeout(answerWithinMs) })
  } catch (error) {
    const { origin } = new URL(url)
    if (error instanceof Error && error.name === 'TimeoutError')
      throw new Failure(`${origin} has not answered: ${unanswered}`)
    const cause = error instanceof Error ? (error.cause as NodeJS.ErrnoException | undefined) : undefined
    if (cause?.code === 'ECONNREFUSED') {
      throw new Failure(
        `Nobody listens at ${origin}. Start a server with "gamut serve", or name another with --url.`,
      )
    }
    throw new Failure(`${origin} cannot be reached: ${textOf(cause ?? error)}.`)
  }
}

/** The code of a refusal's body, if it is one. */
export function errorCode(body: unknown): string | undefined {
  const error = isJsonObject(body) ? body['error'] : undefined
  return isJsonObject(error) ? String(error['code']) : undefined
}

/** What a refusal says, with its code, and a hint of this command's own. */
export function toFailure(status: number, body: unknown, hint = ''): Failure {
  const error = isJsonObject(body) ? body['error'] : undefined
  if (!isJsonObject(error))
    return new Failure(`The server answered HTTP ${status}, and not as a Gamut server does.`)
  const { code, message } = error
  return new Failure(`${escapeControls(`${code}: ${message}`)}${hint}`, 1, undefined, String(code))
}
