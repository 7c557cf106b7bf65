import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { endWithTest } from './end-with-test.js'
import { freePort } from './free-port.js'
import { partPath } from './parts.js'
import { type RunningRedis, startRedis } from './redis.js'

/** A Redis that is reached over TLS, and the file of who signed its certificate. */
export interface TlsRedis extends RunningRedis {
  readonly ca: string
}

/** Starts a Redis over TLS, with a certificate for `localhost` by an authority that nobody knows yet. */
export async function startTlsRedis(): Promise<TlsRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'gamut-tls-'))
  endWithTest(() => rm(folder, { recursive: true, force: true }))
  const file = (name: string) => join(folder, name)
  const openssl = (...args: string[]) => execFileSync(partPath('openssl'), args, { stdio: 'ignore' })
  const fresh = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  openssl('req', '-x509', ...fresh, '-subj', '/CN=ca', '-keyout', file('ca.key'), '-out', file('ca.crt'))
  openssl('req', ...fresh, '-subj', '/CN=redis', '-keyout', file('redis.key'), '-out', file('redis.csr'))
  await writeFile(file('names'), 'subjectAltName=DNS:localhost')
  const signed = [
    '-CA',
    file('ca.crt'),
    '-CAkey',
    file('ca.key'),
    '-CAcreateserial',
    '-extfile',
    file('names'),
  ]
  openssl('x509', '-req', '-in', file('redis.csr'), ...signed, '-out', file('redis.crt'))
  const port = await freePort()
  const own = ['--tls-port', `${port}`, '--tls-auth-clients', 'no', '--tls-ca-cert-file', file('ca.crt')]
  const ours = ['--tls-cert-file', file('redis.crt'), '--tls-key-file', file('redis.key')]
  const redis = await startRedis(['--port', '0', ...own, ...ours])
  return { ...redis, port, url: `rediss://localhost:${port}`, ca: file('ca.crt') }
}
