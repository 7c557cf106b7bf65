import cluster from 'node:cluster'
import type { Command, CommandInput } from '../command.js'
import { resolveConfig } from '../config.js'
import { describeDoor } from '../describe-door.js'
import { awaitSignal, endServer } from '../ending.js'
import { usageFailure } from '../failure.js'
import { createLog } from '../log.js'
import { createMetrics } from '../metrics.js'
import { flagOption } from '../option.js'
import { serveOptions } from '../serve-options.js'
import { createReport } from '../serve-report.js'
import { startServing } from '../serving.js'
import { runWorker } from '../workers/run-worker.js'
import { runWorkers } from '../workers/run-workers.js'

async function run({ options, positionals, terminal, env }: CommandInput): Promise<number> {
  if (positionals.length > 0) {
    throw usageFailure(`serve takes no arguments, and "${positionals[0]}" is one. Options begin with --.`)
  }
  const config = await resolveConfig(options, env, process.cwd())
  const door = describeDoor(config)
  const log = createLog(config.logLevel)
  if (cluster.isWorker) return runWorker(config, log)
  const { store, workers } = config
  const described = { door, kept: store.kept, workers }
  const report = createReport(config, described, terminal, flagOption(options, 'json'), log)
  if (workers > 1) return runWorkers(config, report, log)
  const signalled = awaitSignal()
  const parts = { broker: await store.open(log), metrics: createMetrics(), log, isFirst: true }
  const { gamut, served, end, failed } = await startServing(config, parts, report.listening)
  const signal = await Promise.race([signalled, failed])
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
    'Serves channels under /channels/{channel}, /healthz and /readyz, the advisor’s page at /advisor, and for operators /metrics, /connections, /advice, /explain, /trace and /revocations.',
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
