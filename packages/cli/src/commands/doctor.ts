import type { Command, CommandInput } from '../command.js'
import { type ExamineOptions, examine } from '../doctor/examine.js'
import { createPath } from '../doctor/path.js'
import { examinationLines } from '../doctor/report-text.js'
import { parseTarget, type Target } from '../doctor/target.js'
import { parseDuration } from '../duration.js'
import { usageFailure } from '../failure.js'
import { readOperationsKey } from '../operations-key.js'
import { flagOption, type GivenOptions, type OptionTable, textOption } from '../option.js'
import { serverHeaders, serverOptions } from '../server-url.js'
import { escapeControls } from '../terminal.js'

const defaultIdle = '40s'
const defaultSeconds = 5
/** Longer than any path that is worth having, and than anybody waits here. */
const maxIdleSeconds = 3600

const options: OptionTable = {
  channel: {
    kind: 'text',
    placeholder: 'C',
    short: 'c',
    help: 'a channel to read, also a public one whose polls a cache may answer',
    default: 'a new one, doctor/…',
  },
  publish: { kind: 'flag', help: 'publish in that channel too; a new one of its own always may' },
  token: serverOptions.token,
  seconds: {
    kind: 'number',
    placeholder: 'S',
    short: 's',
    help: 'how long an event may take',
    default: String(defaultSeconds),
  },
  idle: {
    kind: 'text',
    placeholder: 'D',
    short: 'i',
    help: 'how long connections are held in silence, as 90s; 0 holds none',
    default: defaultIdle,
  },
  operationsUrl: {
    kind: 'text',
    placeholder: 'U',
    help: 'where operators ask, past the proxy: for descriptors and kernel limits',
    env: true,
  },
  operationsKeyFile: {
    kind: 'text',
    placeholder: 'FILE',
    help: 'the key of the server’s operators in it',
    env: true,
  },
  json: { kind: 'flag', help: 'print all that was found as JSON' },
}

function idleMs(given: GivenOptions): number {
  const text = textOption(given, 'idle') ?? defaultIdle
  if (/^0s?$/.test(text)) return 0
  const seconds = parseDuration(text)
  if (seconds !== undefined && seconds <= maxIdleSeconds) return seconds * 1000
  throw usageFailure(`--idle: "${text}" is no time like 90s or 5m, an hour at most.`)
}

function waitMs(given: GivenOptions): number {
  const seconds = Number(given.get('seconds')?.value ?? defaultSeconds)
  if (seconds >= 1 && seconds <= 60) return seconds * 1000
  throw usageFailure('--seconds: give 1 to 60.')
}

function operations({ options: given, env }: CommandInput, { base }: Target): ExamineOptions['operations'] {
  const key = readOperationsKey(given, env, { file: undefined, cwd: process.cwd() })
  if (key && !/^[\x21-\x7e]+$/.test(String(key.value)))
    throw usageFailure(`${key.from}: a key has no spaces and only ASCII characters.`)
  const text = textOption(given, 'operationsUrl')
  if (text !== undefined && !/^https?:$/.test(URL.canParse(text) ? new URL(text).protocol : ''))
    throw usageFailure(
      `${given.get('operationsUrl')?.from}: "${text}" is no address like http://127.0.0.1:9090.`,
    )
  return {
    url: (text ?? base).replace(/\/+$/, ''),
    key: key === undefined ? undefined : String(key.value),
    isAsked: text !== undefined || key !== undefined,
  }
}

async function run(input: CommandInput): Promise<number> {
  const { options: given, positionals, terminal } = input
  const [url, ...rest] = positionals
  if (url === undefined) throw usageFailure('Name the public address: gamut doctor https://example.com.')
  if (rest.length > 0) throw usageFailure('There is more than one address. Look at one at a time.')
  const target = parseTarget(url, textOption(given, 'channel'))
  serverHeaders(given)
  const isJson = flagOption(given, 'json')
  const isWatched = !isJson && terminal.columns !== undefined
  const examination = await examine({
    path: createPath(target, textOption(given, 'token')),
    waitMs: waitMs(given),
    idleMs: idleMs(given),
    mayPublish: target.isOwn || flagOption(given, 'publish'),
    operations: operations(input, target),
    onStep: (says) => {
      if (isWatched) terminal.note(terminal.paint('dim', `… ${says}`))
    },
  })
  if (isJson) terminal.print(escapeControls(JSON.stringify(examination)))
  else for (const line of examinationLines(examination, terminal)) terminal.print(line)
  return examination.counts.fault > 0 ? 1 : 0
}

/** `gamut doctor`. */
export const doctorCommand: Command = {
  name: 'doctor',
  usage: 'URL [options]',
  about: [
    'Opens every pattern through a public address and says what the path does to it: what it holds back, cuts, refuses, compresses or keeps, and the setting to change, in nginx, Caddy, HAProxy and Varnish. URL is a server with its base path, or one channel of it.',
    'Takes as long as --idle and some seconds. The exit code is 1 if something does not work. GAMUT_OPERATIONS_KEY holds the key of the server’s operators itself.',
  ],
  options,
  examples: [
    { says: 'what does the path do?', line: 'gamut doctor https://example.com/realtime' },
    {
      says: 'and with the server’s own limits',
      line: 'gamut doctor https://example.com --operations-url http://10.0.0.11:9090',
    },
    { says: 'for a script, in a few seconds', line: 'gamut doctor http://127.0.0.1:8080 --idle 0 --json' },
  ],
  run,
}
