import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

const folder = import.meta.dirname
const cache = join(folder, '../.cache')

/** Says why nothing can be compiled here, if so. */
export function missingCompiler(): string | undefined {
  try {
    execFileSync('cc', ['--version'], { stdio: 'ignore' })
    return undefined
  } catch {
    return 'no C compiler `cc` is here: the load generator is written in C. On Debian: apt-get install gcc libc6-dev'
  }
}

function compile(name: string, sources: readonly string[], all: readonly string[]): string {
  const program = join(cache, name)
  const built = statSync(program, { throwIfNoEntry: false })?.mtimeMs ?? 0
  if (all.some((path) => statSync(path).mtimeMs > built)) {
    mkdirSync(cache, { recursive: true })
    execFileSync('cc', ['-O2', '-Wall', '-o', program, ...sources, '-lm'], { stdio: 'inherit' })
  }
  return program
}

/** Compiles what is written in C where it has changed. Returns the generator's path. */
export function buildLoad(): string {
  const files = readdirSync(folder).filter((name) => /\.[ch]$/.test(name))
  const floor = [join(folder, '../systems/floor.c')]
  compile('floor', floor, floor)
  const sources = files.map((name) => join(folder, name))
  const program = compile(
    'load',
    sources.filter((path) => path.endsWith('.c')),
    sources,
  )
  return program
}
