// @ts-check
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { findPart, installParts } from '../parts.mjs'
import { root, run } from '../step.mjs'
import { startProgram } from './processes.mjs'

/**
 * What a system of several nodes needs beside Gamut, with what to install where `installParts` may not.
 * @type {Partial<Record<import('../parts.mjs').PartName, string>>}
 */
const packages = { redis: 'redis-server', nginx: 'nginx', chromium: 'chromium', curl: 'curl' }

/**
 * Builds the packages and finds the programs, or installs those that are missing; fails with what to do.
 * @param {readonly import('../parts.mjs').PartName[]} names
 */
export async function prepare(names) {
  if (names.some((name) => !findPart(name))) {
    console.log('Installing what is missing …')
    await installParts(names)
  }
  const missing = names.filter((name) => !findPart(name)).map((name) => packages[name] ?? name)
  if (missing.length > 0)
    throw new Error(
      `${missing.join(' and ')} must be installed first: sudo apt-get install ${missing.join(' ')}`,
    )
  const built = await run('tsc', ['-b'])
  if (!built.ok) throw new Error(`the packages do not build:\n${built.output}`)
}

/**
 * The wanted port, or the next one above it that nobody has; `taken` are given out already.
 * @param {number} wanted
 * @param {Set<number>} taken
 */
export async function portFrom(wanted, taken) {
  for (let port = wanted; port < wanted + 100; port += 1) {
    if (taken.has(port) || !(await isFree(port))) continue
    taken.add(port)
    return port
  }
  throw new Error(`no port from ${wanted} to ${wanted + 99} is free`)
}

/** @returns {Promise<boolean>} */
function isFree(/** @type {number} */ port) {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}

/**
 * Starts a Redis that syncs each write to its disk before it answers.
 * @param {{ name: string, port: number, folder: string, args?: readonly string[] }} options
 */
export async function startRedis({ name, port, folder, args = [] }) {
  await mkdir(folder, { recursive: true })
  const own = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', folder, '--save', '']
  const kept = ['--appendonly', 'yes', '--appendfsync', 'always', '--repl-diskless-sync-delay', '0']
  return startProgram({
    name,
    command: findPart('redis') ?? '',
    args: [...own, ...kept, ...args],
    ready: /Ready to accept connections/,
  })
}

/**
 * Starts a node as an operator does, behind a proxy of this machine.
 * @param {{ name: string, port: number, redis: string }} options
 */
export function startNode({ name, port, redis }) {
  const command = join(root, 'packages/cli/bin/gamut.js')
  const args = [
    'serve',
    '--port',
    `${port}`,
    '--broker',
    redis,
    '--node',
    name,
    '--trusted-proxies',
    '127.0.0.1',
  ]
  return startProgram({ name, command: process.execPath, args: [command, ...args], ready: /http:\/\/127/ })
}

/**
 * Starts nginx with servers for its `http` block.
 * @param {{ port: number, folder: string, servers: string }} options
 */
export async function startFront({ port, folder, servers }) {
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'nginx.conf'), nginxConfig(servers))
  const command = findPart('nginx') ?? ''
  const front = await startProgram({
    name: 'nginx',
    command,
    args: ['-p', folder, '-e', 'stderr', '-c', 'nginx.conf'],
  })
  let open = false
  void front.ended.then(() => {
    open = true
  })
  while (!open) open = !(await isFree(port))
  if (await isFree(port)) throw new Error(`nginx did not start. It wrote:\n${front.output()}`)
  return front
}

/**
 * The servers of docs/operate/proxies/nginx.conf, in front of these ports.
 * @param {number} port
 * @param {readonly number[]} nodes
 * @param {string} [other] names servers of something else, that are added to those
 */
export async function roundRobin(port, nodes, other) {
  const config = await readFile(join(root, 'docs/operate/proxies/nginx.conf'), 'utf8')
  const named = other
    ? config
        .replace(/^map .*$/m, '')
        .replace('upstream gamut', `upstream ${other}`)
        .replace('http://gamut', `http://${other}`)
    : config
  return named
    .replace(/ *server 127.0.0.1:8080(.*);/, (_, more) =>
      nodes.map((node) => `  server 127.0.0.1:${node}${more};`).join('\n'),
    )
    .replace('listen 127.0.0.1:8000;', `listen 127.0.0.1:${port};`)
}

/** As root, nginx would give its workers to another user, who could not reach the folder. */
function nginxConfig(/** @type {string} */ servers) {
  const user = process.getuid?.() === 0 ? 'user root root;' : ''
  const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${name};`,
  )
  return `${user}
daemon off;
worker_processes 1;
pid nginx.pid;
error_log stderr crit;
events { worker_connections 1024; }
http {
  access_log off;
  # Shows at which node an answer is from.
  add_header X-Served-By $upstream_addr always;
  ${folders.join('\n  ')}
${servers}
}
`
}
