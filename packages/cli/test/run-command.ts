import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

const command = fileURLToPath(new URL('../bin/gamut.js', import.meta.url))

/** What came of a command that ends by itself. */
export interface Ran {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Runs the built command `gamut` to its end, with nothing of the environment that would configure it. */
export async function runCommand(
  args: readonly string[],
  options: { readonly env?: Record<string, string>; readonly cwd?: string; readonly input?: string } = {},
): Promise<Ran> {
  // The matrix says by NODE_PATH where an old Node finds SQLite.
  const { PATH = '', NODE_PATH } = process.env
  const child = spawn(process.execPath, [command, ...args], {
    cwd: options.cwd,
    env: { PATH, ...(NODE_PATH && { NODE_PATH }), ...options.env },
    stdio: 'pipe',
    timeout: 15_000,
    killSignal: 'SIGKILL',
  })
  // A command that refuses its arguments ends without reading.
  child.stdin.on('error', () => {})
  child.stdin.end(options.input ?? '')
  const closed = once(child, 'close')
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)])
  const [code] = (await closed) as [number | null]
  return { code, out, err }
}
