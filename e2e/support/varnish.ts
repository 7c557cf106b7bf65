import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { waitForPort } from './connect.js'
import { endWithTest } from './end-with-test.js'
import { freePort } from './free-port.js'
import { partPath } from './parts.js'
import { type RunningProcess, startProcess } from './start-process.js'

/** A running Varnish. */
export interface RunningVarnish extends RunningProcess {
  readonly url: string
  readonly port: number
}

/** Starts a real Varnish with a configuration (VCL), all its files in a folder of its own, and waits until it accepts. */
export async function startVarnish(vcl: string): Promise<RunningVarnish> {
  const port = await freePort()
  const folder = await mkdtemp(join(tmpdir(), 'gamut-varnish-'))
  endWithTest(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'gamut.vcl')
  await writeFile(file, vcl)
  const varnish = startProcess({
    command: partPath('varnish'),
    args: [
      '-F',
      '-j',
      'none',
      '-n',
      join(folder, 'work'),
      '-a',
      `127.0.0.1:${port}`,
      '-f',
      file,
      '-s',
      'malloc,16m',
    ],
  })
  await waitForPort(port, varnish)
  return { ...varnish, port, url: `http://127.0.0.1:${port}` }
}
