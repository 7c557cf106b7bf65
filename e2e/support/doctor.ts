import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import type { OperateProxy } from './operate-proxy.js'
import { startServer } from './start-server.js'

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

/** A fault of a path, and what must be said of it. */
export interface Planted {
  readonly what: string
  readonly start: (server: number) => Promise<string>
  /** All warnings and faults, as `check severity`. */
  readonly bad: readonly string[]
  /** Patterns of sentences: each is in one of them. */
  readonly says: readonly RegExp[]
  /** In the setting that the first of them names for the server in front. */
  readonly setting?: RegExp
  /** The same front with the setting that was named for it, as it was told: what was first found is not found any more. */
  readonly mend?: (setting: string) => (server: number) => Promise<string>
  /** Holds connections in silence: it takes seconds. */
  readonly isIdle?: true
}

/** What `gamut doctor --json` has found. */
export interface Told {
  readonly code: number
  readonly front: { readonly names: readonly string[]; readonly isProxied: boolean }
  readonly published: boolean
  readonly patterns: Readonly<Record<string, string>>
  readonly findings: readonly ToldFinding[]
  /** The findings that are warnings or faults, as `check severity`. */
  readonly bad: readonly string[]
}

/** Runs the built `gamut doctor` on an address, with nothing of the environment that would configure it. */
export function examine(
  url: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Told> {
  const { PATH = '' } = process.env
  return new Promise((resolve, reject) => {
    const all = [command, 'doctor', url, '--json', ...args]
    execFile(process.execPath, all, { env: { PATH, ...env } }, (error, out, err) => {
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

/** A server as it stands behind a proxy; silent, so that nothing but what is asked for comes. */
export const behindProxy = {
  trustedProxies: ['127.0.0.1'],
  operationsKey: 'a-key-for-the-operators',
  heartbeatMs: 600_000,
  channels: { 'public/*': { public: true, need: { stalenessMs: 60_000 } } },
}

/** A test for each planted fault: it is found, with the setting of that proxy, and nothing else is. */
export function findsPlanted(front: OperateProxy | 'varnish', all: readonly Planted[]): void {
  it.each(all)('$what', async ({ start, bad, says, setting, mend, isIdle }) => {
    const { port } = await startServer(behindProxy)
    const idle = isIdle ? '2s' : '0'
    const args = ['--idle', idle, '--seconds', '2']
    const told = await examine(await start(port), args)
    expect(told.bad).toEqual(bad)
    expect(told.code).toBe(bad.some((one) => one.endsWith('fault')) ? 1 : 0)
    for (const one of says) {
      expect(told.findings.map((finding) => finding.says)).toContainEqual(expect.stringMatching(one))
    }
    if (!setting) return
    const named = told.findings[0]?.settings.find(({ server }) => server === front)
    expect(named?.setting).toMatch(setting)
    // HAProxy names itself nowhere.
    if (front !== 'haproxy') expect(told.findings[0]?.settings[0]).toEqual(named)
    if (!mend || !named) return
    const check = told.findings[0]?.check ?? ''
    const after = await examine(await mend(named.setting)(port), args)
    expect(after.bad.filter((one) => one.startsWith(check))).toEqual([])
  })
}
