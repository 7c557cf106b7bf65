import { fileURLToPath } from 'node:url'
import type { GamutOptions, Limits } from '@gamut/server'
import { type RunningProcess, startProcess } from './start-process.js'

const script = fileURLToPath(new URL('./server-process.mjs', import.meta.url))

/** Starts the built server in a process of its own, where everybody may do everything, and waits until it listens. */
export async function startServerProcess(
  port: number,
  options: Partial<Limits> & Pick<GamutOptions, 'origins'> = {},
): Promise<RunningProcess> {
  const env = { GAMUT_TEST_SERVER: JSON.stringify({ port, options }) }
  const server = startProcess({ command: process.execPath, args: [script], env })
  await server.waitFor((output) => output.includes('listening'))
  return server
}
