import { setTimeout as delay } from 'node:timers/promises'
import { isServerChannel } from '@gamut/protocol'
import { type Broker, createGamut, type Gamut, type Hooks } from '@gamut/server'
import { type Served, serve } from '@gamut/server/node'
import type { Logger } from 'pino'
import { serveAdvisor } from './advisor-page.js'
import { explainOption, type ServeConfig } from './config.js'
import { openDoors } from './door-settings.js'
import type { EndCall } from './ending.js'
import { Failure, textOf } from './failure.js'
import { guardHost, isLoopback } from './loopback.js'
import type { ProcessMetricsSource } from './metrics.js'
import { refuse, serveFiles } from './static-files.js'
import { openingFor } from './store.js'

/** What a server is made of besides what it was told. */
export interface ServingParts {
  readonly broker: Broker
  readonly metrics: ProcessMetricsSource
  readonly log: Logger
  /** The name of this node, where it is not the one that was given. */
  readonly node?: string
  /** Whether this process runs `start` of the config file: one of several workers does. */
  readonly isFirst: boolean
}

/** A server that listens. */
export interface Serving {
  readonly gamut: Gamut
  readonly served: Served
  /** What the application's `start` gave, if it has been called: that waits for the broker. */
  end(): unknown
  /** Rejects when the broker cannot start after all, or the application could not. */
  readonly failed: Promise<never>
}

/** Does what may refuse the options; says which option of whoever starts it that is. */
export function explainRefusal<Result>({ given, doors }: ServeConfig, make: () => Result): Result {
  try {
    return make()
  } catch (error) {
    throw error instanceof TypeError
      ? explainOption(error, new Map([...given, ...(doors?.given ?? [])]))
      : error
  }
}

function createServer(config: ServeConfig, { broker, metrics, log, node }: ServingParts): Gamut {
  const { options, doors } = config
  return explainRefusal(config, () => {
    const hooks: Hooks = doors
      ? openDoors(doors, log)
      : { authorize: (_identity, _action, channel) => !isServerChannel(channel) }
    return createGamut({ ...hooks, ...options, ...(node && { node }), broker, metrics, logger: log })
  })
}

const listenProblems: Readonly<Record<string, string>> = {
  EADDRINUSE:
    'another program listens there already. End it, or take another port: --port 0 finds a free one',
  EACCES: 'this user may not listen there. Take a port from 1024 on',
  EADDRNOTAVAIL: 'this machine has no such address. Give one of its own with --host',
  ENOTFOUND: 'there is no such host. Give an address with --host',
}

async function listen(config: ServeConfig, gamut: Gamut): Promise<Served> {
  const { host, port, operations, staticPath, hasAdvisor, options } = config
  const rest = hasAdvisor ? serveAdvisor() : refuse
  // An application's own files come first.
  const otherwise = staticPath === undefined ? rest : serveFiles(staticPath, rest)
  try {
    const served = await serve(gamut, { host, port, otherwise, ...(operations && { operations }) })
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

/** Waits for the broker for so long, in milliseconds, before it listens without. */
const brokerPatienceMs = 3000

/**
 * Makes a server and opens it; `listening` is told before the application's `start` is called. A broker that is away keeps nobody
 * from listening: the server is not ready until it is there.
 */
export async function startServing(
  config: ServeConfig,
  parts: ServingParts,
  listening: (served: Served) => void,
): Promise<Serving> {
  const gamut = createServer(config, parts)
  const opened = openingFor(gamut.ready().then(() => 'started' as const))
  if ((await Promise.race([opened, delay(brokerPatienceMs, undefined, { ref: false })])) !== 'started')
    parts.log.warn({ kept: config.store.kept }, 'the broker does not answer; waiting for it')
  const served = await listen(config, gamut)
  listening(served)
  let end: EndCall | undefined
  const failed = opened.then(async () => {
    if (parts.isFirst) end = await begin(config, gamut)
    return new Promise<never>(() => {})
  })
  failed.catch(() => {})
  return { gamut, served, end: () => end?.(), failed }
}
