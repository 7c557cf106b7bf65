import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { waitForPort } from './connect.js'
import { endWithTest } from './end-with-test.js'
import { freePort } from './free-port.js'
import { partPath } from './parts.js'
import { startProcess } from './start-process.js'

/** Starts a real Caddy, with all its files in a folder of its own, and waits until it accepts; gives its port. */
export async function startCaddy(config: (port: number) => string): Promise<number> {
  const port = await freePort()
  const folder = await mkdtemp(join(tmpdir(), 'gamut-caddy-'))
  endWithTest(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'Caddyfile')
  await writeFile(file, config(port))
  const env = { HOME: folder, XDG_CONFIG_HOME: folder, XDG_DATA_HOME: folder }
  const args = ['run', '--adapter', 'caddyfile', '--config', file]
  const caddy = startProcess({ command: partPath('caddy'), args, cwd: folder, env })
  await waitForPort(port, caddy)
  return port
}
