import { isJsonObject, parseJson } from '@gamut/protocol'
import type { Explanation, TraceState } from '@gamut/server'
import { askServer, errorCode, toFailure } from '../ask-server.js'
import type { Command, CommandInput } from '../command.js'
import { explanationLines, traceLines } from '../explain-text.js'
import { Failure, usageFailure } from '../failure.js'
import { givenChannel } from '../given-channel.js'
import { readOperationsKey } from '../operations-key.js'
import { flagOption, type OptionTable, textOption } from '../option.js'
import { serverOptions, serverUrl } from '../server-url.js'
import { escapeControls } from '../terminal.js'

/** What to do about a refusal, in terms of this command. */
const refusalHints: ReadonlyMap<string, string> = new Map([
  ['unauthenticated', ' Give its key by GAMUT_OPERATIONS_KEY or --operations-key-file.'],
  [
    'not_found',
    ' Is --url right, with the base path? A server with --operations-port is asked at that port.',
  ],
])

/** A day: what a server takes at most (PROTOCOL §14). */
const maxTraceSeconds = 86_400

const options: OptionTable = {
  reader: {
    kind: 'text',
    placeholder: 'R',
    short: 'r',
    help: 'who did not get it: a connection id, an identity or an address',
  },
  trace: {
    kind: 'number',
    placeholder: 'S',
    help: 'trace CHANNEL, a pattern too, for S seconds; 0 ends it',
  },
  url: serverOptions.url,
  operationsKeyFile: {
    kind: 'text',
    placeholder: 'FILE',
    help: 'the key of the server’s operators in it; without one, only on its own machine',
    env: true,
  },
  json: { kind: 'flag', help: 'print the whole answer as JSON' },
}

function headers({ options: given, env }: CommandInput): Record<string, string> {
  const key = readOperationsKey(given, env, { file: undefined, cwd: process.cwd() })
  if (key === undefined) return {}
  if (/^[\x21-\x7e]+$/.test(String(key.value))) return { authorization: `Bearer ${key.value}` }
  throw usageFailure(`${key.from}: a key has no spaces and only ASCII characters.`)
}

async function ask(target: string, request: RequestInit, input: CommandInput): Promise<string> {
  const { options: given } = input
  const url = `${serverUrl(given)}${target}`
  const unanswered = 'nothing has changed. Ask again.'
  const response = await askServer(url, { ...request, headers: headers(input) }, unanswered)
  const text = await response.text()
  const body = parseJson(text)
  if (!response.ok) throw toFailure(response.status, body, refusalHints.get(errorCode(body) ?? ''))
  if (!isJsonObject(body)) throw new Failure(`${url} did not answer as a Gamut server does.`)
  return text.trim()
}

async function startTrace(channel: string, input: CommandInput): Promise<void> {
  const { options: given, terminal } = input
  const seconds = Number(given.get('trace')?.value)
  if (seconds > maxTraceSeconds)
    throw usageFailure(`--trace: ${seconds} is too long. A trace lasts ${maxTraceSeconds} seconds at most.`)
  const body = JSON.stringify({ channel, forMs: seconds * 1000 })
  const text = await ask('/trace', { method: 'POST', body }, input)
  if (flagOption(given, 'json')) terminal.print(escapeControls(text))
  else for (const line of traceLines(JSON.parse(text) as TraceState, terminal)) terminal.print(line)
}

async function run(input: CommandInput): Promise<number> {
  const { options: given, positionals, terminal } = input
  const [name, message, ...rest] = positionals
  if (name === undefined) throw usageFailure('Name the channel: gamut explain CHANNEL MESSAGE.')
  if (rest.length > 0) throw usageFailure('There is more than one MESSAGE. Ask about one at a time.')
  if (given.has('trace')) {
    if (message !== undefined || given.has('reader'))
      throw usageFailure('--trace begins a trace: give it with the channel alone, then ask.')
    await startTrace(name, input)
    return 0
  }
  if (message === undefined) {
    throw usageFailure('Name the message by its offset, cursor or id: gamut explain CHANNEL 42.')
  }
  const channel = givenChannel(name)
  const query = new URLSearchParams({ channel, message })
  const reader = textOption(given, 'reader')
  if (reader !== undefined) query.set('reader', reader)
  const text = await ask(`/explain?${query}`, {}, input)
  if (flagOption(given, 'json')) terminal.print(escapeControls(text))
  else for (const line of explanationLines(JSON.parse(text) as Explanation, terminal)) terminal.print(line)
  return 0
}

/** `gamut explain`. */
export const explainCommand: Command = {
  name: 'explain',
  usage: 'CHANNEL MESSAGE [options]',
  about: [
    'Says what became of a message: for a reader that did not get it, or for all readers. MESSAGE is its offset, a cursor, its id or the Idempotency-Key of its publish.',
    'Much is only known of channels that were traced when it happened: "gamut serve --trace \'chat/*\'", or at any time --trace, which needs no restart. A trace holds ids and positions, never data.',
    'GAMUT_OPERATIONS_KEY holds the key of the server’s operators itself.',
  ],
  options,
  examples: [
    { says: 'why did alice not get message 42?', line: 'gamut explain chat/lobby 42 --reader alice' },
    { says: 'who got it, who is behind?', line: 'gamut explain chat/lobby 42' },
    { says: 'from now on know all of these for ten minutes', line: "gamut explain 'chat/*' --trace 600" },
  ],
  run,
}
