import type { Served } from '@gamut/server/node'
import type { Logger } from 'pino'
import type { ServeConfig } from './config.js'
import { credentialLine } from './door-settings.js'
import { listeningText } from './listening-text.js'
import { isLoopback } from './loopback.js'
import type { Terminal } from './terminal.js'
import { readVersion } from './version.js'

/** Where a server listens. */
export type ListeningAt = Pick<Served, 'host' | 'port' | 'url' | 'operationsUrl'>

/** What is said of a server besides its configuration. */
export interface Described {
  /** Who may do what, in words. */
  readonly door: string
  /** Where channels are kept, in words. */
  readonly kept: string
  readonly workers: number
}

/** Says what happens: text for people, or JSON lines for scripts. */
export interface ServeReport {
  listening(at: ListeningAt): void
  /** `connections`: how many readers are sent away, where that is known. */
  ending(signal: string, connections: number | undefined): void
  ended(): void
}

/** Who may ask what operators ask, and where, unless it is who may do everything. */
function describeOperators(
  { options, host }: ServeConfig,
  { operationsUrl }: ListeningAt,
): string | undefined {
  const who = options.operationsKey === undefined ? 'this machine only' : 'holders of the operations key'
  if (operationsUrl !== undefined) return `${operationsUrl}${options.basePath ?? ''} (${who})`
  return options.operationsKey === undefined && isLoopback(host) ? undefined : who
}

function describeReaders(count: number | undefined): string {
  if (count === undefined) return 'readers are'
  return count === 1 ? '1 reader is' : `${count} readers are`
}

/** Creates the report of `gamut serve`. */
export function createReport(
  config: ServeConfig,
  described: Described,
  terminal: Terminal,
  asJson: boolean,
  log: Logger,
): ServeReport {
  const { options, doors, staticPath, hasAdvisor, file } = config
  const { basePath = '', channels = {} } = options
  const version = readVersion()
  const json = (event: string, fields: object) => terminal.print(JSON.stringify({ event, ...fields }))
  return {
    listening: (at) => {
      const { url, operationsUrl, host, port } = at
      log.info({ url, basePath }, 'listening')
      if (asJson) {
        const names = Object.keys(channels)
        json('listening', { url, operationsUrl, host, port, basePath, version, channels: names })
        return
      }
      const listening = {
        ...described,
        version,
        url,
        operators: describeOperators(config, at),
        trace: options.trace ?? [],
        basePath,
        channels,
        credential: options.authorize ? undefined : doors && credentialLine(doors),
        staticPath,
        hasAdvisor,
        file,
      }
      terminal.print(listeningText(listening, terminal))
    },
    ending: (signal, connections) => {
      log.info({ signal, connections }, 'ending')
      if (asJson) json('ending', { signal, connections })
      else terminal.print(`\n  ${signal}: ${describeReaders(connections)} sent away …`)
    },
    ended: () => {
      log.info({}, 'ended')
      if (asJson) json('ended', {})
      else terminal.print('  ended')
    },
  }
}
