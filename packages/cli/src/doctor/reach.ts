import { isJsonObject, parseJson } from '@gamut/protocol'
import { errorCode } from '../ask-server.js'
import { Failure, textOf } from '../failure.js'
import { escapeControls } from '../terminal.js'
import type { Finding } from './finding.js'
import { type Front, frontOf } from './front.js'
import type { Answer, Path } from './path.js'

/** What is known once a server has answered. */
export interface Reached {
  readonly front: Front
  /** How long a plain poll takes over a new connection, in milliseconds: the middle of several. */
  readonly plainMs: number
  readonly findings: readonly Finding[]
}

const certificate = /CERT|SELF_SIGNED|ISSUER|ALTNAME|UNABLE_TO_VERIFY/

/** What OpenSSL says, without its codes and the lines of its sources. */
function plainly(says: string): string {
  return /error:[0-9A-F]+:[^:]*:[^:]*:([^:]+):/.exec(says)?.[1] ?? says
}

/** What to do about a connection that does not come about, by the code of its error. */
function explainCode(code: string, says: string, { hostname, host, protocol, port }: URL): string {
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return `There is no host "${hostname}": ${code}. Is the name right, and does this machine's DNS know it?`
  if (code === 'ECONNREFUSED')
    return `Nobody listens at ${host}. Is the port right (${port || (protocol === 'https:' ? 443 : 80)}), and does the proxy run?`
  if (/EHOSTUNREACH|ENETUNREACH|TIMEOUT|UND_ERR_CONNECT/.test(code))
    return `${host} does not answer: ${code}. A firewall may drop what comes from here.`
  if (certificate.test(code))
    return `The certificate of ${host} is not to be trusted: ${says} (${code}). Renew it or send its whole chain; for one of your own give NODE_EXTRA_CA_CERTS=its-root.pem.`
  if (/SSL|TLS|EPROTO/.test(code))
    return `TLS with ${host} does not come about: ${plainly(says)} (${code}). Does it speak plain HTTP? Then say http://.`
  return `${host} cannot be reached: ${says}${code && ` (${code})`}.`
}

/** Asks once by a client that names the cause of what goes wrong. */
async function firstAnswer(path: Path): Promise<Response> {
  const { base, url, channel } = path.target
  try {
    return await fetch(`${base}/channels/${channel}?info`, {
      headers: path.headersOf('own'),
      redirect: 'manual',
      signal: AbortSignal.timeout(15_000),
    })
  } catch (error) {
    if (error instanceof Error && error.name === 'TimeoutError')
      throw new Failure(`${url.host} took the request and has not answered within 15 s.`)
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
    const { code = '' } = cause as NodeJS.ErrnoException
    throw new Failure(explainCode(code, textOf(cause), url))
  }
}

function notGamut(response: Response, path: Path): Failure {
  const { status, headers } = response
  const type = headers.get('content-type')?.split(';')[0] ?? 'nothing'
  const by = headers.get('server')
  const where = `${path.target.base}/channels/${path.target.channel}?info`
  const said = `HTTP ${status}, ${type}${by ? `, by ${by}` : ''}`
  return new Failure(
    escapeControls(
      `No Gamut server answers there: ${where} gave ${said}. Give the address with its base path, as in https://example.com/realtime, or let the proxy pass it on.`,
    ),
  )
}

const refusalHints: Readonly<Record<string, string>> = {
  unauthenticated: 'Give a token that may read a channel: --token, or GAMUT_TOKEN ("gamut token" makes one).',
  forbidden: 'Name a channel that may be read: --channel chat/lobby, and --token where it needs one.',
  not_found: 'Give the address with its base path.',
  overloaded: 'The server is too busy now: look again in a while.',
  draining: 'The server is about to end: look again in a while.',
}

/** Throws where what answers is no Gamut server, or one that does not let this reader in. */
async function checkAnswer(response: Response, path: Path): Promise<void> {
  const location = response.headers.get('location')
  if (location && response.status >= 300 && response.status < 400) {
    const to = new URL(location, path.target.base)
    const base = to.pathname.replace(`/channels/${path.target.channel}`, '')
    throw new Failure(
      escapeControls(
        `${path.target.base} sends on to ${to.origin}${base}. Give that address: a WebSocket and an EventSource do not follow.`,
      ),
    )
  }
  const body = parseJson(await response.text().catch(() => ''))
  const code = errorCode(body)
  if (code !== undefined) {
    const error = isJsonObject(body) && isJsonObject(body['error']) ? body['error'] : {}
    const hint = refusalHints[code] ?? ''
    throw new Failure(escapeControls(`${code}: ${error['message']}${hint && ` ${hint}`}`))
  }
  if (!isJsonObject(body) || typeof body['pollAfterMs'] !== 'number') throw notGamut(response, path)
}

function readyFinding({ status, body }: Answer, plainMs: number): Finding {
  const seen = { plainMs: Math.round(plainMs), readyz: status }
  const takes = `A plain request takes ${Math.round(plainMs)} ms.`
  const answer = parseJson(body)
  const said = isJsonObject(answer) ? escapeControls(String(answer['status'])) : ''
  if (status === 200 && said === 'ready')
    return { check: 'reach', severity: 'ok', says: `The server answers and is ready. ${takes}`, seen }
  if (status === 503 && said !== '')
    return {
      check: 'reach',
      severity: 'warning',
      says: `The server answers, and says that it is not ready: ${said}. ${takes}`,
      means: 'Some of what follows may be due to that.',
      todo: 'See the runbook of docs/operate, and look again once /readyz answers 200.',
      seen,
    }
  return {
    check: 'reach',
    severity: 'ok',
    says: `The server answers; its /readyz is not passed on. ${takes}`,
    seen,
  }
}

/** Finds out whether a Gamut server answers there and lets this reader in; throws a `Failure` with what to do where not. */
export async function reach(path: Path): Promise<Reached> {
  await checkAnswer(await firstAnswer(path), path)
  const polls: Answer[] = []
  for (let count = 0; count < 3; count++) polls.push(await path.ask(path.channelPath({}, true)))
  const times = polls.map(({ headMs }) => headMs).sort((one, other) => one - other)
  const plainMs = times[1] ?? 0
  const [poll] = polls
  if (poll?.status !== 200) {
    const said = poll?.status ? `HTTP ${poll.status}` : `no answer (${poll?.end})`
    throw new Failure(`The server answers ?info, and a poll of ${path.target.channel} gave ${said}.`)
  }
  return { front: frontOf(poll), plainMs, findings: [readyFinding(await path.ask('/readyz'), plainMs)] }
}
