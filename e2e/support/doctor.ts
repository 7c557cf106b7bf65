import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const command = fileURLToPath(new URL('../../packages/cli/bin/gamut.js', import.meta.url))

/** One finding, as `gamut doctor --json` tells it. */
export interface ToldFinding {
  readonly check: string
  readonly severity: 'ok' | 'note' | 'warning' | 'fault'
  readonly says: string
  readonly patterns?: readonly string[]
  readonly seen?: Readonly<Record<string, unknown>>
  readonly settings: readonly { readonly server: string; readonly setting: string }[]
}

/** What `gamut doctor --json` has found. */
export interface Told {
  readonly code: number
  readonly front: { readonly name?: string }
  readonly published: boolean
  readonly patterns: Readonly<Record<string, string>>
  readonly findings: readonly ToldFinding[]
  /** The findings that are warnings or faults, as `check severity`. */
  readonly bad: readonly string[]
}

/** Runs the built `gamut doctor` on an address, with nothing of the environment that would configure it. */
export function examine(url: string, ...args: readonly string[]): Promise<Told> {
  const { PATH = '' } = process.env
  return new Promise((resolve, reject) => {
    const all = [command, 'doctor', url, '--json', ...args]
    execFile(process.execPath, all, { env: { PATH } }, (error, out, err) => {
      const code = error ? Number(error.code) : 0
      if (out === '') return reject(new Error(`gamut doctor ${url} ended with ${code}: ${err}`))
      const told = JSON.parse(out) as Omit<Told, 'code' | 'bad'>
      const bad = told.findings
        .filter(({ severity }) => severity === 'warning' || severity === 'fault')
        .map(({ check, severity }) => `${check} ${severity}`)
      resolve({ ...told, code, bad })
    })
  })
}
