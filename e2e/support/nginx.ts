import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { waitForPort } from './connect.js'
import { endWithTest } from './end-with-test.js'
import { freePort } from './free-port.js'
import { partPath } from './parts.js'
import { type RunningProcess, startProcess } from './start-process.js'

/** A running nginx. */
export interface RunningNginx extends RunningProcess {
  readonly url: string
  readonly port: number
}

/**
 * Starts a real nginx, with all its files in a folder of its own, and waits until it accepts.
 * `servers` gives what stands in its `http` block, for the port it shall listen on.
 */
export async function startNginx(servers: (port: number) => string): Promise<RunningNginx> {
  const port = await freePort()
  const prefix = await mkdtemp(join(tmpdir(), 'gamut-nginx-'))
  endWithTest(() => rm(prefix, { recursive: true, force: true }))
  await writeFile(join(prefix, 'nginx.conf'), configOf(servers(port)))
  const args = ['-p', prefix, '-e', 'stderr', '-c', 'nginx.conf']
  const nginx = startProcess({ command: partPath('nginx'), args })
  await waitForPort(port, nginx)
  return { ...nginx, port, url: `http://127.0.0.1:${port}` }
}

/** As root, nginx would give its workers to another user, who could not reach the folder. */
function configOf(servers: string): string {
  const user = process.getuid?.() === 0 ? 'user root root;' : ''
  const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${name};`,
  )
  return `
    ${user}
    daemon off;
    worker_processes 1;
    pid nginx.pid;
    error_log stderr warn;
    events { worker_connections 1024; }
    http {
      access_log off;
      ${folders.join('\n      ')}
      ${servers}
    }
  `
}
