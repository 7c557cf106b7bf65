// @ts-check
import { existsSync } from 'node:fs'
import { run } from './step.mjs'

// The systems that Gamut is measured beside are installed only here, so that nobody else needs them.
if (!existsSync(new URL('../bench/node_modules', import.meta.url))) {
  const installed = await run('npm', ['ci', '--prefix', 'bench', '--ignore-scripts'], { show: true })
  if (!installed.ok) throw new Error('the systems to compare with could not be installed')
}
const built = await run('tsc', ['-b'], { show: true })
if (!built.ok) throw new Error('the packages do not build')
const measured = await run('node', ['bench/main.ts', ...process.argv.slice(2)], {
  show: true,
  limitMs: 24 * 3600_000,
})
process.exitCode = measured.ok ? 0 : 1
