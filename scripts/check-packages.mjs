// @ts-check
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { minVersion, satisfies } from 'semver'
import { runCheck } from './sources.mjs'
import { root as checkout, run } from './step.mjs'

/**
 * A package as it would be published.
 * @typedef {{ manifest: any, tarball: Buffer, file: string }} Packed
 */

/** Packages are ESM only: how CommonJS and Node 10 would see them says nothing. */
const lookedAt = new Set(['node16-esm', 'bundler'])

/** Packs each package as npm would, and checks it as somebody who installs it has it. */
export async function checkPackages(/** @type {string} */ root) {
  const work = mkdtempSync(join(tmpdir(), 'gamut-packages-'))
  try {
    const packed = await pack(root, work)
    const found = []
    for (const one of packed)
      found.push(...(await lint(one)), ...(await checkTypes(one)), ...checkEngines(one, root))
    return [...found, ...(await useAll(packed, work, root))]
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

/** @returns {Promise<Packed[]>} */
async function pack(/** @type {string} */ root, /** @type {string} */ work) {
  const folders = readdirSync(join(root, 'packages')).map((name) => join(root, 'packages', name))
  const { ok, output } = await run('npm', [
    'pack',
    '--json',
    '--ignore-scripts',
    '--pack-destination',
    work,
    ...folders,
  ])
  if (!ok) throw new Error(output)
  return folders.map((folder) => {
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    const file = join(work, `${manifest.name.replace('@', '').replace('/', '-')}-${manifest.version}.tgz`)
    return { manifest, file, tarball: readFileSync(file) }
  })
}

async function lint(/** @type {Packed} */ { manifest, tarball }) {
  const copy = new Uint8Array(tarball).buffer
  const { messages } = await publint({ level: 'warning', pack: { tarball: copy } })
  return messages.map((message) => `${manifest.name}: ${formatMessage(message, manifest, { color: false })}`)
}

async function checkTypes(/** @type {Packed} */ { manifest, tarball }) {
  const entrypoints = Object.keys(manifest.exports).filter((entry) => !entry.endsWith('.json'))
  if (entrypoints.length === 0) return []
  const result = await checkPackage(createPackageFromTarballData(new Uint8Array(tarball)), { entrypoints })
  if (!result.types) return [`${manifest.name}: has no types`]
  return result.problems
    .filter((problem) => !('resolutionKind' in problem) || lookedAt.has(problem.resolutionKind))
    .map((problem) => `${manifest.name}: ${JSON.stringify(problem)}`)
}

/** What a package brings along must run on the oldest Node that the package itself names. */
function checkEngines(/** @type {Packed} */ { manifest }, /** @type {string} */ root) {
  const oldest = minVersion(manifest.engines.node)?.version ?? ''
  return Object.keys(manifest.dependencies ?? {}).flatMap((name) => {
    const { engines } = JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8'))
    if (!engines?.node || satisfies(oldest, engines.node)) return []
    return [`${manifest.name}: runs on Node ${oldest}, but ${name} needs ${engines.node}`]
  })
}

/** Lays the packages out as an installation would, each with what it declares and no more, and uses all of them. */
async function useAll(
  /** @type {Packed[]} */ packed,
  /** @type {string} */ work,
  /** @type {string} */ root,
) {
  const modules = join(work, 'use', 'node_modules')
  for (const one of packed) await install(one, modules, root)
  const entries = packed.flatMap(({ manifest }) =>
    Object.keys(manifest.exports)
      .filter((entry) => !entry.endsWith('.json'))
      .map((entry) => join(manifest.name, entry)),
  )
  const commands = packed.flatMap(({ manifest }) =>
    Object.values(manifest.bin ?? {}).map((/** @type {any} */ file) => join(modules, manifest.name, file)),
  )
  writeFileSync(join(work, 'use', 'package.json'), '{"type":"module"}')
  writeFileSync(join(work, 'use', 'use.ts'), entries.map((entry) => `import '${entry}'\n`).join(''))
  const cwd = join(work, 'use')
  const steps = [
    ...entries.map((entry) => ({
      what: `import '${entry}'`,
      args: ['--input-type=module', '-e', `await import('${entry}')`],
    })),
    ...commands.map((command) => ({
      what: `${command.slice(modules.length + 1)} --help`,
      args: [command, '--help'],
    })),
    {
      what: 'types of all entry points',
      args: [join(checkout, 'node_modules/typescript/bin/tsc'), ...strictest, 'use.ts'],
    },
  ]
  const found = []
  for (const { what, args } of steps) {
    const { ok, output } = await run('node', ['--stack-trace-limit=0', ...args], { cwd })
    if (!ok) found.push(`${what}, as installed:\n${output}`)
  }
  return found
}

/** Types are checked with the libraries' own declarations looked into, as the strictest user does. */
const strictest = [
  '--noEmit',
  '--strict',
  '--skipLibCheck',
  'false',
  '--module',
  'nodenext',
  '--target',
  'es2023',
  '--types',
  'node',
]

async function install(
  /** @type {Packed} */ { manifest, file },
  /** @type {string} */ modules,
  /** @type {string} */ root,
) {
  const target = join(modules, manifest.name)
  mkdirSync(target, { recursive: true })
  const { ok, output } = await run('tar', ['xzf', file, '--strip-components=1', '-C', target])
  if (!ok) throw new Error(output)
  for (const name of [
    '@types/node',
    ...Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }),
  ]) {
    if (name.startsWith('@gamut/')) continue
    const link = join(name === '@types/node' ? modules : join(target, 'node_modules'), name)
    mkdirSync(dirname(link), { recursive: true })
    rmSync(link, { force: true })
    symlinkSync(join(root, 'node_modules', name), link)
  }
}

await runCheck(import.meta, checkPackages)
