import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { waitForPort } from './connect.js'
import { endWithTest } from './end-with-test.js'
import { freePort } from './free-port.js'
import { partPath } from './parts.js'
import { startProcess } from './start-process.js'

/** Starts a real HAProxy, with all its files in a folder of its own, and waits until it accepts; gives its port. */
export async function startHaproxy(config: (port: number) => string): Promise<number> {
  const port = await freePort()
  const folder = await mkdtemp(join(tmpdir(), 'gamut-haproxy-'))
  endWithTest(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'haproxy.cfg')
  await writeFile(file, config(port))
  const process = startProcess({ command: partPath('haproxy'), args: ['-f', file], cwd: folder })
  await waitForPort(port, process)
  return port
}
