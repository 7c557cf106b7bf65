import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type ProxyKind, plan } from '@gamut/advisor'
import { expect, it } from 'vitest'
import { endWithTest } from './support/end-with-test.js'
import { describeWith, partPath } from './support/parts.js'

const run = promisify(execFile)

/** How each proxy is asked whether it would take a file. */
const checks = {
  nginx: (file: string, folder: string) => [
    '-t',
    '-p',
    folder,
    '-e',
    'stderr',
    '-c',
    file,
    '-g',
    'pid nginx.pid;',
  ],
  caddy: (file: string) => ['validate', '--adapter', 'caddyfile', '--config', file],
  haproxy: (file: string) => ['-c', '-f', file],
} as const

/** Whether a proxy takes the file that a plan has for it; rejects with what it says where it does not. */
async function check(kind: Exclude<ProxyKind, 'none'>, redundancy: number): Promise<void> {
  // So few that the machine of a test has the descriptors.
  const { snippets } = plan({ users: 3000, redundancy, node: { connections: 1000 }, proxy: kind })
  const text = snippets.find(({ file }) => /nginx\.conf|Caddyfile|haproxy\.cfg/.test(file))?.text ?? ''
  const folder = await mkdtemp(join(tmpdir(), 'gamut-plan-'))
  endWithTest(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'config')
  await writeFile(file, `${text}\n`)
  const env = { ...process.env, HOME: folder, XDG_CONFIG_HOME: folder, XDG_DATA_HOME: folder }
  await run(partPath(kind), checks[kind](file, folder), { env })
}

describeWith(['nginx', 'caddy', 'haproxy'], 'the files of a plan', () => {
  it.each([
    ['nginx', 1],
    ['nginx', 0],
    ['caddy', 1],
    ['caddy', 0],
    ['haproxy', 1],
    ['haproxy', 0],
  ] as const)('are taken by %s, with %i nodes to spare', async (kind, redundancy) => {
    await expect(check(kind, redundancy)).resolves.toBeUndefined()
  })
})
