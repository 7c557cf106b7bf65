import { text as readAll } from 'node:stream/consumers'
import { isJsonObject, mediaTypes, parseJson } from '@gamut/protocol'
import { askServer, errorCode, toFailure } from '../ask-server.js'
import type { Command, CommandInput } from '../command.js'
import { usageFailure } from '../failure.js'
import { givenChannel } from '../given-channel.js'
import { flagOption, type GivenOptions, type OptionTable, textOption } from '../option.js'
import { serverHeaders, serverOptions, serverUrl } from '../server-url.js'
import { escapeControls, type Terminal } from '../terminal.js'

const options: OptionTable = {
  ...serverOptions,
  event: { kind: 'text', placeholder: 'E', short: 'e', help: 'name of the event' },
  key: { kind: 'text', placeholder: 'K', short: 'k', help: 'the key that it is the newest value of' },
  id: { kind: 'text', placeholder: 'I', help: 'the same ID again stores nothing twice' },
  text: { kind: 'flag', short: 't', help: 'DATA is plain text, not JSON' },
  lines: {
    kind: 'flag',
    help: 'DATA is one {"data", "event", "key", "id"} a line, stored together or not at all',
  },
  close: { kind: 'flag', help: 'end the channel for good, after DATA if there is any' },
  delete: { kind: 'flag', help: 'delete the key' },
  json: { kind: 'flag', help: 'print the whole answer in place of the cursor' },
}

interface PublishRequest {
  readonly method: 'POST' | 'DELETE'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

function checkTogether(given: GivenOptions, hasData: boolean): void {
  const has = (name: string) => given.has(name)
  const refuse = (first: string, second: string, what: string) => {
    throw usageFailure(`--${first} and ${second} exclude each other: ${what}.`)
  }
  if (has('text') && has('lines')) refuse('text', '--lines', 'lines are JSON')
  if (has('lines') && (has('event') || has('key')))
    refuse('lines', '--event or --key', 'each line has its own')
  if (!has('delete')) return
  if (!has('key')) throw usageFailure('--delete needs the key to delete: --key K.')
  if (hasData || has('text') || has('lines')) refuse('delete', 'DATA', 'what is deleted has no value')
  if (has('close')) refuse('delete', '--close', 'do one, then the other')
}

async function readData(argument: string | undefined, given: GivenOptions, terminal: Terminal) {
  const isWithout = flagOption(given, 'delete') || (flagOption(given, 'close') && argument === undefined)
  if (isWithout) return undefined
  if (argument !== undefined && argument !== '-') return argument
  if (process.stdin.isTTY) terminal.note('Reading from the terminal; Ctrl-D ends it.')
  const text = await readAll(process.stdin)
  return flagOption(given, 'text') ? text.replace(/\r?\n$/, '') : text
}

function contentType(given: GivenOptions): string {
  if (flagOption(given, 'text')) return mediaTypes.text
  return flagOption(given, 'lines') ? mediaTypes.ndjson : mediaTypes.json
}

function toRequest(channel: string, data: string | undefined, given: GivenOptions): PublishRequest {
  const query = new URLSearchParams()
  for (const name of ['event', 'key']) {
    const value = textOption(given, name)
    if (value !== undefined) query.set(name, value)
  }
  if (flagOption(given, 'close')) query.set('close', 'true')
  const id = textOption(given, 'id')
  if (id !== undefined && !/^[\x20-\x7e]*$/.test(id))
    throw usageFailure('--id: an id has only ASCII characters.')
  return {
    method: flagOption(given, 'delete') ? 'DELETE' : 'POST',
    url: `${serverUrl(given)}/channels/${channel}${query.size > 0 ? `?${query}` : ''}`,
    headers: {
      ...serverHeaders(given),
      ...(data !== undefined && { 'content-type': contentType(given) }),
      ...(id !== undefined && { 'idempotency-key': id }),
    },
    ...(data !== undefined && { body: data }),
  }
}

/** What this command can add to a refusal. */
function refusalHint(body: unknown, given: GivenOptions): string {
  const isText = errorCode(body) === 'body_invalid' && contentType(given) === mediaTypes.json
  return isText ? ' Give JSON, quoted for the shell, or add --text for plain text.' : ''
}

async function run({ options: given, positionals, terminal }: CommandInput): Promise<number> {
  const [name, argument, ...rest] = positionals
  if (name === undefined) throw usageFailure('Name the channel: gamut publish CHANNEL DATA.')
  if (rest.length > 0)
    throw usageFailure('There is more than one DATA. Quote it: gamut publish CHANNEL \'{"n":1}\'.')
  checkTogether(given, argument !== undefined)
  const channel = givenChannel(name)
  const data = await readData(argument, given, terminal)
  const { url, ...request } = toRequest(channel, data, given)
  const response = await askServer(
    url,
    request,
    'the message may be stored or not. Try again with the same --id.',
  )
  const body = await response.text()
  const answer = parseJson(body)
  const isJson = flagOption(given, 'json')
  if (isJson && isJsonObject(answer)) terminal.print(escapeControls(body.trim()))
  if (!response.ok) {
    const failure = toFailure(response.status, answer, refusalHint(answer, given))
    if (isJson && isJsonObject(answer)) return failure.exitCode
    throw failure
  }
  if (!isJson) terminal.print(isJsonObject(answer) ? String(answer['cursor']) : '')
  if (response.headers.get('idempotent-replayed'))
    terminal.note('It was stored before under this id; nothing was added.')
  return 0
}

/** `gamut publish`. */
export const publishCommand: Command = {
  name: 'publish',
  usage: 'CHANNEL [DATA] [options]',
  about: [
    'Appends DATA, a JSON value, to the channel and prints the cursor after it. Without DATA, or with "-", reads it from standard input. A refusal is told with its code, and the exit code is 1.',
  ],
  options,
  examples: [
    { says: 'one message', line: `gamut publish chat/lobby '{"text":"hi"}' --event said` },
    { says: 'the newest value of a key', line: `gamut publish state/door open --text --key front` },
    { says: 'many at once', line: 'gamut publish chat/lobby --lines < messages.ndjson' },
  ],
  run,
}
