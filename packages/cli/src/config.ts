import { statSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { type Gamut, type GamutOptions, isLimit } from '@gamut/server'
import type { OperationsOptions } from '@gamut/server/node'
import { addEnvironment, isKubernetesVariable } from './arguments.js'
import { type ConfigFile, readConfigFile } from './config-file.js'
import { type DoorSettings, readDoors, secretVariables } from './door-settings.js'
import { usageFailure } from './failure.js'
import { type PathBase, toPath } from './given-path.js'
import { operationsKeyVariable, readOperationsKey } from './operations-key.js'
import { type GivenOption, type GivenOptions, parseValue, textOption, toVariable } from './option.js'
import { logLevels, serveOptions } from './serve-options.js'
import { chooseStore, type Store } from './store.js'
import { didYouMean } from './suggest.js'

/** What a config file may hold besides the options of flags. */
const fileOnly = [
  'channels',
  'authenticate',
  'authorize',
  'onPublish',
  'start',
  'apiKeys',
  'operationsKey',
  'circumstances',
]
/** More processes than this are no machine's. */
const maxWorkers = 256
/** What only a command line says. */
const neverInFile = ['config', 'json']
const fileOptions = [...Object.keys(serveOptions).filter((name) => !neverInFile.includes(name)), ...fileOnly]
/** Passed on to `createGamut`, which checks them. */
const gamutOptions = [
  'basePath',
  'origins',
  'trustedProxies',
  'circumstances',
  'trace',
  'forwardedHeader',
  'unlimitedAddresses',
  'node',
  'operationsKey',
  'channels',
  'authenticate',
  'authorize',
  'onPublish',
]
/** Variables of the other commands, and of what has no flag. */
const otherVariables = ['GAMUT_URL', 'GAMUT_TOKEN', operationsKeyVariable, ...Object.values(secretVariables)]

/** Runs when the server listens; what it returns is called when the server ends. */
export type Start = (gamut: Gamut) => unknown

/** Everything that `gamut serve` was told, checked as far as `createGamut` does not check it. */
export interface ServeConfig {
  readonly port: number
  readonly host: string
  /** Where operators come in, if not by the same port as readers. */
  readonly operations: OperationsOptions | undefined
  /** Whether everybody may do everything although others can reach it. */
  readonly isPublic: boolean
  readonly store: Store
  /** Processes that share the port. */
  readonly workers: number
  /** Absolute path of a directory. */
  readonly staticPath: string | undefined
  /** Whether the advisor's page is served. */
  readonly hasAdvisor: boolean
  readonly logLevel: string
  readonly options: GamutOptions
  /** Tokens and API keys; `undefined` where nothing was said of them. */
  readonly doors: DoorSettings | undefined
  readonly start: Start | undefined
  /** The config file, as a person would write it. */
  readonly file: string | undefined
  /** Where each option came from. */
  readonly given: GivenOptions
}

function checkVariables(env: Readonly<Record<string, string | undefined>>): void {
  const known = Object.entries(serveOptions).flatMap(([name, { env }]) => (env ? [toVariable(name)] : []))
  for (const [variable, text] of Object.entries(env)) {
    if (!variable.startsWith('GAMUT_') || !text || isKubernetesVariable(variable, text)) continue
    if ([...known, ...otherVariables].includes(variable)) continue
    throw usageFailure(
      `The environment sets ${variable}, which is no option.${didYouMean(variable, [...known, ...otherVariables])} Unset it; "gamut serve --help" lists the options.`,
    )
  }
}

function addPort(given: Map<string, GivenOption>, text: string | undefined): void {
  const option = serveOptions['port']
  if (given.has('port') || !text || !option) return
  given.set('port', { value: parseValue(option, text, 'PORT'), from: 'PORT' })
}

function addFile(given: Map<string, GivenOption>, { options, shown }: ConfigFile): void {
  for (const [name, value] of Object.entries(options)) {
    if (!fileOptions.includes(name)) {
      throw usageFailure(
        `${shown}: ${name} is no option.${didYouMean(name, fileOptions)} There are ${fileOnly.join(', ')}, and what "gamut serve --help" lists, written like basePath.`,
      )
    }
    if (value !== undefined && !given.has(name))
      given.set(name, { value, from: `${shown}: ${name}`, isInFile: true })
  }
}

/** An option's value if it is right; refuses it by where it came from. */
function take<T>(
  given: GivenOptions,
  name: string,
  isRight: (value: unknown) => value is T,
  needed: string,
): T | undefined {
  const option = given.get(name)
  if (!option) return undefined
  if (isRight(option.value)) return option.value
  throw usageFailure(`${option.from}: ${needed} is needed, not ${shownValue(option.value)}.`)
}

function shownValue(value: unknown): string {
  if (typeof value === 'function') return 'a function'
  return (JSON.stringify(value) ?? String(value)).slice(0, 80)
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''
const isFlag = (value: unknown): value is boolean => typeof value === 'boolean'
const isStart = (value: unknown): value is Start => typeof value === 'function'
const isPort = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 65_535
const isLogLevel = (value: unknown): value is string => logLevels.some((level) => level === value)

/** How many processes serve: as many as were asked for, or one for each core. */
function workerCount(given: GivenOptions): number {
  const option = given.get('workers')
  if (!option) return 1
  const { value, from } = option
  if (value === 'auto') return availableParallelism()
  const count = Number(value)
  if (Number.isInteger(count) && count >= 1 && count <= maxWorkers) return count
  throw usageFailure(`${from}: a number from 1 to ${maxWorkers} or auto is needed, not ${shownValue(value)}.`)
}

function staticPath(given: GivenOptions, base: PathBase): string | undefined {
  const directory = take(given, 'static', isText, 'a directory')
  const option = given.get('static')
  if (directory === undefined || !option) return undefined
  const path = toPath(directory, option, base)
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return path
  throw usageFailure(`${option.from}: there is no directory ${path}.`)
}

function operationsEntrance(given: GivenOptions): OperationsOptions | undefined {
  const port = take(given, 'operationsPort', isPort, 'a port from 0 to 65535')
  const host = take(given, 'operationsHost', isText, 'an address like "127.0.0.1"')
  if (port !== undefined) return { port, ...(host !== undefined && { host }) }
  if (host === undefined) return undefined
  throw usageFailure(
    `${given.get('operationsHost')?.from}: it goes with --operations-port, which is missing.`,
  )
}

/** Puts together what `gamut serve` was told: flags first, then `GAMUT_<OPTION>`, then `PORT`, then the config file (PROTOCOL §16). */
export async function resolveConfig(
  flags: GivenOptions,
  env: Readonly<Record<string, string | undefined>>,
  cwd: string,
): Promise<ServeConfig> {
  const given = new Map(flags)
  checkVariables(env)
  addEnvironment(given, serveOptions, env)
  addPort(given, env['PORT'])
  const named = given.get('config')
  const file = await readConfigFile(
    named && { value: textOption(given, 'config') ?? '', from: named.from },
    cwd,
  )
  if (file) addFile(given, file)
  const key = readOperationsKey(given, env, { file, cwd })
  if (key) given.set('operationsKey', key)
  const passed = [...given].filter(([name]) => isLimit(name) || gamutOptions.includes(name))
  return {
    port: take(given, 'port', isPort, 'a port from 0 to 65535') ?? 8080,
    host: take(given, 'host', isText, 'an address like "127.0.0.1"') ?? '127.0.0.1',
    operations: operationsEntrance(given),
    isPublic: take(given, 'public', isFlag, 'true or false') ?? false,
    store: chooseStore(given, { file, cwd }),
    workers: workerCount(given),
    staticPath: staticPath(given, { file, cwd }),
    hasAdvisor: take(given, 'advisor', isFlag, 'true or false') ?? true,
    logLevel: take(given, 'logLevel', isLogLevel, `one of ${logLevels.join(', ')}`) ?? 'warn',
    options: Object.fromEntries(passed.map(([name, { value }]) => [name, value])),
    doors: readDoors(given, env, { file, cwd }),
    start: take(given, 'start', isStart, 'a function'),
    file: file?.shown,
    given,
  }
}

/** The refusal of an option by `createGamut`, which names it, with where it came from in place of its name. */
export function explainOption(error: TypeError, given: GivenOptions): Error {
  const name = /^[A-Za-z]+/.exec(error.message)?.[0] ?? ''
  const option = given.get(name)
  return option ? usageFailure(`${option.from}${error.message.slice(name.length)}`) : error
}
