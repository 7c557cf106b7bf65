import { isServerChannel } from '@gamut/protocol'
import { createGamut, type Gamut, type Hooks } from '@gamut/server'
import { type Served, serve } from '@gamut/server/node'
import type { Logger } from 'pino'
import type { Command, CommandInput } from '../command.js'
import { explainOption, resolveConfig, type ServeConfig } from '../config.js'
import { credentialLine, describeDoors, openDoors } from '../door-settings.js'
import { awaitSignal, type EndCall, endServer } from '../ending.js'
import { Failure, textOf, usageFailure } from '../failure.js'
import { type Listening, listeningText } from '../listening-text.js'
import { createLog } from '../log.js'
import { guardHost, isLoopback } from '../loopback.js'
import { createMetrics } from '../metrics.js'
import { flagOption } from '../option.js'
import { serveOptions } from '../serve-options.js'
import { serveFiles } from '../static-files.js'
import type { Terminal } from '../terminal.js'
import { readVersion } from '../version.js'

/** Who may read and publish, in words; refuses a server that others reach and that nobody guards. */
function describeDoor({ options, doors, host, isPublic }: ServeConfig): string {
  if (isPublic && doors)
    throw usageFailure(
      '--public lets everybody do everything, and tokens or API keys say who may. Take one out.',
    )
  if (options.authorize) return 'whom the authorize hook lets'
  if (doors) return describeDoors(doors)
  if (isPublic)
    return 'everybody who reaches it: every channel may be read, and published unless it says otherwise (--public)'
  if (isLoopback(host))
    return 'this machine only: every channel may be read, and published unless it says otherwise'
  throw usageFailure(
    `host ${host}: others can reach that address, and nothing says who may do what. Take tokens (--jwt-secret-file, --jwks) or API keys (--api-keys-file), give an authorize hook in a config file, or --public if everybody may read and publish everything.`,
  )
}

function createServer(config: ServeConfig, log: Logger): Gamut {
  const { options, doors, given } = config
  try {
    const hooks: Hooks = doors
      ? openDoors(doors, log)
      : { authorize: (_identity, _action, channel) => !isServerChannel(channel) }
    return createGamut({
      ...hooks,
      ...options,
      metrics: createMetrics(),
      logger: log,
    })
  } catch (error) {
    throw error instanceof TypeError
      ? explainOption(error, new Map([...given, ...(doors?.given ?? [])]))
      : error
  }
}

const listenProblems: Readonly<Record<string, string>> = {
  EADDRINUSE:
    'another program listens there already. End it, or take another port: --port 0 finds a free one',
  EACCES: 'this user may not listen there. Take a port from 1024 on',
  EADDRNOTAVAIL: 'this machine has no such address. Give one of its own with --host',
  ENOTFOUND: 'there is no such host. Give an address with --host',
}

async function listen(config: ServeConfig, gamut: Gamut): Promise<Served> {
  const { host, port, operations, staticPath, options } = config
  const otherwise = staticPath === undefined ? {} : { otherwise: serveFiles(staticPath) }
  try {
    const served = await serve(gamut, { host, port, ...otherwise, ...(operations && { operations }) })
    if (isLoopback(host) && !config.isPublic && !options.authorize && !config.doors)
      guardHost(served.server, options.origins ?? [])
    return served
  } catch (error) {
    const { code = '', port: refused = port } = error as NodeJS.ErrnoException & { readonly port?: number }
    throw new Failure(`Cannot listen on ${host} port ${refused}: ${listenProblems[code] ?? textOf(error)}.`)
  }
}

async function begin({ start, file }: ServeConfig, gamut: Gamut): Promise<EndCall | undefined> {
  if (!start) return undefined
  try {
    const end = await start(gamut)
    return typeof end === 'function' ? (end as EndCall) : undefined
  } catch (error) {
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error)
    throw new Failure(`start in ${file} failed: ${detail}`)
  }
}

/** Says what happens: text for people, or JSON lines for scripts. */
function createReport(terminal: Terminal, asJson: boolean, log: Logger) {
  const json = (event: string, fields: object) => terminal.print(JSON.stringify({ event, ...fields }))
  return {
    listening: (listening: Listening, served: Served) => {
      const { version, url, basePath, channels } = listening
      const { host, port, operationsUrl } = served
      log.info({ url, basePath }, 'listening')
      if (asJson)
        json('listening', {
          url,
          operationsUrl,
          host,
          port,
          basePath,
          version,
          channels: Object.keys(channels),
        })
      else terminal.print(listeningText(listening, terminal))
    },
    ending: (signal: string, connections: number) => {
      log.info({ signal, connections }, 'ending')
      const readers = connections === 1 ? '1 reader is' : `${connections} readers are`
      if (asJson) json('ending', { signal, connections })
      else terminal.print(`\n  ${signal}: ${readers} sent away …`)
    },
    ended: () => {
      log.info({}, 'ended')
      if (asJson) json('ended', {})
      else terminal.print('  ended')
    },
  }
}

/** Who may ask what operators ask, and where, unless it is who may do everything. */
function describeOperators({ options, host }: ServeConfig, { operationsUrl }: Served): string | undefined {
  const who = options.operationsKey === undefined ? 'this machine only' : 'holders of the operations key'
  if (operationsUrl !== undefined) return `${operationsUrl}${options.basePath ?? ''} (${who})`
  return options.operationsKey === undefined && isLoopback(host) ? undefined : who
}

function toListening(config: ServeConfig, served: Served, door: string): Listening {
  const { options, doors, staticPath, file } = config
  return {
    version: readVersion(),
    url: served.url,
    operators: describeOperators(config, served),
    trace: options.trace ?? [],
    basePath: options.basePath ?? '',
    channels: options.channels ?? {},
    door,
    credential: options.authorize ? undefined : doors && credentialLine(doors),
    staticPath,
    file,
  }
}

async function run({ options, positionals, terminal, env }: CommandInput): Promise<number> {
  if (positionals.length > 0) {
    throw usageFailure(`serve takes no arguments, and "${positionals[0]}" is one. Options begin with --.`)
  }
  const config = await resolveConfig(options, env, process.cwd())
  const door = describeDoor(config)
  const log = createLog(config.logLevel)
  const gamut = createServer(config, log)
  const report = createReport(terminal, flagOption(options, 'json'), log)
  const signalled = awaitSignal()
  const served = await listen(config, gamut)
  report.listening(toListening(config, served, door), served)
  const end = await begin(config, gamut)
  const signal = await signalled
  report.ending(signal, gamut.connections)
  await endServer(served, gamut, end, log)
  report.ended()
  return 0
}

/** `gamut serve`. */
export const serveCommand: Command = {
  name: 'serve',
  usage: '[options]',
  about: [
    'Serves channels under /channels/{channel}, /healthz and /readyz, and for operators /metrics, /connections, /explain, /trace and /revocations.',
    'With --jwt-secret-file or --jwks it takes JSON Web Tokens, whose claim "gamut" lists what their holder may do; GAMUT_JWT_SECRET holds the secret itself, GAMUT_API_KEYS what --api-keys-file holds, GAMUT_OPERATIONS_KEY what --operations-key-file holds. "gamut token" makes tokens and keys.',
    'An option is taken from its flag, else from GAMUT_<OPTION> (GAMUT_PORT, GAMUT_BASE_PATH), else, for the port, from PORT, else from the config file. An .mjs file exports an object of the same options and may add channels, the hooks authenticate, authorize and onPublish, and start(gamut).',
  ],
  options: serveOptions,
  readsEnvironment: true,
  examples: [
    { says: 'on this machine, for this machine', line: 'gamut serve' },
    {
      says: 'with a page, and channels from a file',
      line: 'gamut serve --static public --config gamut.config.mjs',
    },
    {
      says: 'for whoever has a token',
      line: 'gamut token --new-secret > secret && gamut serve --jwt-secret-file secret',
    },
    { says: 'for everybody in the network', line: 'gamut serve --host 0.0.0.0 --public' },
  ],
  run,
}
