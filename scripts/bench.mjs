// @ts-check
import { existsSync, readFileSync } from 'node:fs'
import { run } from './step.mjs'

// The systems that Gamut is measured beside are installed only here, so that nobody else needs them.
const bench = new URL('../bench/', import.meta.url)
const wanted = Object.keys(JSON.parse(readFileSync(new URL('package.json', bench), 'utf8')).dependencies)
if (!wanted.every((name) => existsSync(new URL(`node_modules/${name}`, bench)))) {
  const installed = await run('npm', ['ci', '--prefix', 'bench', '--ignore-scripts'], { show: true })
  if (!installed.ok) throw new Error('the systems to compare with could not be installed')
}
const built = await run('tsc', ['-b'], { show: true })
if (!built.ok) throw new Error('the packages do not build')
const args = process.argv.slice(2)
const program = args.includes('--client')
  ? 'bench/client/main.ts'
  : args.includes('--predict')
    ? 'bench/predict/main.ts'
    : 'bench/main.ts'
const measured = await run('node', [program, ...args], {
  show: true,
  limitMs: 24 * 3600_000,
})
process.exitCode = measured.ok ? 0 : 1
