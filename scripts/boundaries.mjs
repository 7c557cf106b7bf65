// @ts-check

/**
 * What a package's sources may import besides their own files; `node:` stands for all of Node's modules.
 * What is not named here (tests, examples, benchmarks) may import any published package.
 * @type {Readonly<Record<string, readonly string[]>>}
 */
const packageImports = {
  advisor: [],
  // Only the type `Need`.
  protocol: ['@gamut/advisor'],
  client: ['@gamut/protocol'],
  react: ['@gamut/client', '@gamut/protocol', 'react'],
  server: ['@gamut/advisor', '@gamut/protocol', '@noble/hashes', 'ipaddr.js'],
  'broker-redis': ['@gamut/protocol', '@gamut/server', '@redis/client', 'node:'],
  'broker-sqlite': ['@gamut/protocol', '@gamut/server', 'node:'],
  testing: [
    '@gamut/client',
    '@gamut/protocol',
    '@gamut/server',
    'node:',
    'ws',
    'eventsource-parser',
    'vitest',
    'fast-check',
  ],
  cli: [
    '@gamut/advisor',
    '@gamut/broker-redis',
    '@gamut/broker-sqlite',
    '@gamut/protocol',
    '@gamut/server',
    '@gamut/testing',
    'node:',
    'jose',
    'pino',
    'prom-client',
    'sirv',
    'systeminformation',
  ],
}

/** What only the Node runtime of the server may import. */
const nodeImports = ['node:', 'ws']
/** What only the server's doors may import: who plugs in hooks of their own loads none of it. */
const doorImports = ['jose']

/**
 * The parts of the server and what each may import of the others: downward only.
 * @type {Readonly<Record<string, readonly string[]>>}
 */
const serverParts = {
  root: ['root', 'memory', 'http', 'transports', 'core', 'contract', 'leaf'],
  node: ['node', 'root', 'http', 'transports', 'core', 'contract', 'leaf'],
  doors: ['doors', 'leaf'],
  http: ['http', 'transports', 'core', 'contract', 'leaf'],
  transports: ['transports', 'core', 'contract', 'leaf'],
  core: ['core', 'contract', 'leaf'],
  memory: ['memory', 'contract', 'leaf'],
  contract: ['contract'],
  leaf: ['leaf', 'contract'],
}

/** The files that put the server together, and what they make. */
const rootFiles = ['index.ts', 'server.ts', 'gamut.ts', 'create-core.ts']

/**
 * The part a file of the server belongs to. Files straight in `src` are leaves, but for those that put it together.
 * @param {string} path
 */
function serverPart(path) {
  const inside = path.slice('packages/server/src/'.length)
  if (rootFiles.includes(inside)) return 'root'
  if (inside.startsWith('broker/')) return inside === 'broker/broker.ts' ? 'contract' : 'memory'
  const folder = inside.includes('/') ? inside.slice(0, inside.indexOf('/')) : 'leaf'
  return folder === 'telemetry' ? 'leaf' : folder
}

/** The package whose published sources a file is part of. */
function sourcePackage(/** @type {string} */ path) {
  return /^packages\/([^/]+)\/(?:src|bin)\//.exec(path)?.[1]
}

function packageFolder(/** @type {string} */ path) {
  return /^packages\/([^/]+)\//.exec(path)?.[1]
}

/**
 * Why one file may not import another, if it may not.
 * @param {string} from
 * @param {string} to
 * @returns {string | undefined}
 */
export function fileRule(from, to) {
  const target = packageFolder(to)
  if (target && target !== packageFolder(from)) return `use what @gamut/${target} publishes`
  if (sourcePackage(from) && !target) return 'it is outside of the package'
  if (sourcePackage(from) && /^packages\/[^/]+\/test\//.test(to)) return 'it is a test'
  if (sourcePackage(from) !== 'server' || sourcePackage(to) !== 'server') return undefined
  const [part, other] = [serverPart(from), serverPart(to)]
  if (!serverParts[part]) return `'${part}' is no part of the server that scripts/boundaries.mjs knows`
  return serverParts[part].includes(other) ? undefined : `${part} may not know ${other}`
}

/**
 * Why a file may not import a package, if it may not.
 * @param {string} from
 * @param {string} name
 * @returns {string | undefined}
 */
export function externalRule(from, name) {
  const owner = sourcePackage(from)
  const allowed = owner && packageImports[owner]
  if (!allowed || allowed.includes(name)) return undefined
  if (owner === 'server' && nodeImports.includes(name)) {
    return serverPart(from) === 'node' ? undefined : 'only src/node may'
  }
  if (owner === 'server' && doorImports.includes(name)) {
    return serverPart(from) === 'doors' ? undefined : 'only src/doors may'
  }
  return `${owner} may import ${allowed.join(', ') || 'nothing'}`
}
