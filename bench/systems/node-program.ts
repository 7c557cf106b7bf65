import { fileURLToPath } from 'node:url'
import type { Program } from './system.ts'

/** A file beside this one, or from the checkout's root by `../../`. */
export function fileOf(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url))
}

/** A Node server that collects its garbage when it gets SIGUSR2. */
export function nodeProgram(path: string, args: readonly string[]): Program {
  const collect = ['--expose-gc', '--import', fileOf('servers/collect.ts')]
  const profile = process.env['BENCH_CPU_PROFILE']
  const profiling = profile ? ['--cpu-prof', `--cpu-prof-dir=${profile}`] : []
  return {
    command: process.execPath,
    args: [...collect, ...profiling, fileOf(path), ...args],
    env: { NODE_ENV: 'production' },
  }
}
