import { fileURLToPath } from 'node:url'
import { type RunningProcess, startProcess } from './start-process.js'

const command = fileURLToPath(new URL('../../packages/cli/bin/gamut.js', import.meta.url))

/** A running `gamut serve`. */
export interface RunningGamut extends RunningProcess {
  /** Where it listens, without a slash at the end. */
  readonly url: string
  readonly port: number
}

/** Starts the built command `gamut`, whatever it shall do, on the Node that runs the tests. */
export function runGamut(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): RunningProcess {
  return startProcess({
    command: process.execPath,
    args: [command, ...args],
    env,
  })
}

/** Starts `gamut serve`, on a port of its own unless `args` say one, and waits until it says where it listens. */
export async function startGamut(
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<RunningGamut> {
  const port = args.includes('--port') || env['PORT'] ? [] : ['--port', '0']
  const gamut = runGamut(['serve', ...port, ...args], env)
  const [, host, found] = await gamut.waitFor((output) => /http:\/\/(\[[^\]]+\]|[\w.-]+):(\d+)/.exec(output))
  return { ...gamut, url: `http://${host}:${found}`, port: Number(found) }
}
