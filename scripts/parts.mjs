// @ts-check
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { root, run } from './step.mjs'

/**
 * The programs that tests run beside Gamut, and the Debian package of each, or its file where `npm ci` brings it.
 * @type {Readonly<Record<PartName, { command: string, debian: string } | { file: string }>>}
 * @typedef {'nginx' | 'varnish' | 'redis' | 'chromium' | 'firefox' | 'curl' | 'caddy' | 'haproxy' | 'prometheus' | 'openssl' | 'script' | 'cc' | 'bun' | 'deno'} PartName
 */
const partTable = {
  nginx: { command: 'nginx', debian: 'nginx-light' },
  varnish: { command: 'varnishd', debian: 'varnish' },
  redis: { command: 'redis-server', debian: 'redis-server' },
  chromium: { command: 'chromium', debian: 'chromium' },
  firefox: { command: 'firefox-esr', debian: 'firefox-esr' },
  curl: { command: 'curl', debian: 'curl' },
  cc: { command: 'cc', debian: 'build-essential' },
  caddy: { command: 'caddy', debian: 'caddy' },
  haproxy: { command: 'haproxy', debian: 'haproxy' },
  prometheus: { command: 'prometheus', debian: 'prometheus' },
  openssl: { command: 'openssl', debian: 'openssl' },
  script: { command: 'script', debian: 'bsdutils' },
  bun: { file: 'node_modules/@oven/bun-linux-x64/bin/bun' },
  deno: { file: 'node_modules/@deno/linux-x64-glibc/deno' },
}

/** Names of all parts, in the order they are shown. */
const partNames = /** @type {readonly PartName[]} */ (Object.keys(partTable))

/**
 * Where a program is on this machine, or nothing.
 * @param {PartName} name
 * @returns {string | undefined}
 */
export function findPart(name) {
  const part = partTable[name]
  if ('file' in part) return [join(root, part.file)].find(isExecutable)
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/bin']
  return folders.map((folder) => join(folder, part.command)).find(isExecutable)
}

function isExecutable(/** @type {string} */ path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/**
 * Installs what is missing where that needs no question: as root, or by `sudo` without a password.
 * @param {readonly PartName[]} [names] all of them if not said
 * @returns {Promise<{ missing: PartName[], installed: PartName[], why: string }>} `why` says what stood in the way of the missing ones.
 */
export async function installParts(names = partNames) {
  const wanted = names.filter((name) => !findPart(name))
  if (wanted.length === 0) return { missing: [], installed: [], why: '' }
  const prefix = await aptPrefix()
  if (!prefix)
    return { missing: wanted, installed: [], why: 'apt-get cannot be used without a question here' }
  const output = await apt(prefix, wanted)
  const missing = wanted.filter((name) => !findPart(name))
  const installed = wanted.filter((name) => findPart(name))
  return { missing, installed, why: missing.length > 0 ? output.trim().split('\n').slice(-3).join('\n') : '' }
}

/** What stands before `apt-get` so that it may install; nothing where it may not. */
async function aptPrefix() {
  if (!(await run('apt-get', ['--version'])).ok) return undefined
  if (process.getuid?.() === 0) return []
  return (await run('sudo', ['-n', 'true'])).ok ? ['sudo', '-n'] : undefined
}

/** Run level 1 keeps a package's own scripts from starting a server. */
async function apt(/** @type {string[]} */ prefix, /** @type {PartName[]} */ names) {
  const packages = names.flatMap((name) => {
    const part = partTable[name]
    return 'debian' in part ? [part.debian] : []
  })
  let output = ''
  for (const args of [
    ['update', '-qq'],
    ['install', '-y', '-qq', '--no-install-recommends', ...packages],
  ]) {
    const [command = '', ...rest] = [
      ...prefix,
      'env',
      'DEBIAN_FRONTEND=noninteractive',
      'RUNLEVEL=1',
      'apt-get',
      ...args,
    ]
    output += (await run(command, rest)).output
  }
  return output
}
