import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { endWithTest } from './end-with-test.js'

/** How a process ended: its code, or the signal that ended it. */
export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A process that a test has started. It ends with the test at the latest. */
export interface RunningProcess {
  readonly pid: number
  /** All it has written so far, on both of its outputs. */
  output(): string
  /** Resolves once it has ended. */
  readonly exited: Promise<Exit>
  /** Resolves once `find` finds something in the output; fails with the output when it ends or 15 s pass before that. */
  waitFor<Found>(find: (output: string) => Found | null | undefined | false): Promise<Found>
  /** Sends a signal, `SIGTERM` unless told, and waits for the end; after 10 s it is killed, and that is an error. */
  stop(signal?: NodeJS.Signals): Promise<Exit>
}

/** What to start. */
export interface ProcessOptions {
  readonly command: string
  readonly args: readonly string[]
  readonly cwd?: string
  /** Added to the environment of the tests, but for what would configure a server: `GAMUT_…` and `PORT`. */
  readonly env?: Readonly<Record<string, string>>
}

const readyLimitMs = 15_000
const stopLimitMs = 10_000

const running = new Set<number>()
function killAll(): void {
  for (const pid of running) killGroup(pid)
}

process.on('exit', killAll)
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    killAll()
    process.kill(process.pid, signal)
  })
}

/** Starts a process in a group of its own, so that nothing that it starts outlives the test either. */
export function startProcess({ command, args, cwd, env }: ProcessOptions): RunningProcess {
  const child = spawn(command, args, {
    cwd,
    detached: true,
    env: {
      ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(GAMUT_|PORT$)/.test(name))),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const { pid } = child
  if (pid === undefined) throw new Error(`${command} cannot be started`)
  running.add(pid)
  const exited = exitOf(child, pid)
  const { output, waitFor } = watchOutput(child, [command, ...args].join(' '))
  const stop = (signal: NodeJS.Signals = 'SIGTERM') => stopChild(child, pid, signal, exited)
  endWithTest(async () => {
    killGroup(pid)
    await exited
  })
  return { pid, output, exited, waitFor, stop }
}

/** What the process has started may hold its outputs open, so it is killed first. */
async function exitOf(child: ChildProcess, pid: number): Promise<Exit> {
  child.once('exit', () => killGroup(pid))
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
  running.delete(pid)
  return { code, signal }
}

function watchOutput(child: ChildProcess, name: string): Pick<RunningProcess, 'output' | 'waitFor'> {
  let text = ''
  const checks = new Set<() => void>()
  const changed = () => {
    for (const check of checks) check()
  }
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (part: string) => {
      text += part
      changed()
    })
  }
  child.on('close', changed)
  const ended = () => child.exitCode !== null || child.signalCode !== null
  const waitFor: RunningProcess['waitFor'] = (find) =>
    new Promise((resolve, reject) => {
      const settle = (act: () => void) => {
        checks.delete(check)
        clearTimeout(limit)
        act()
      }
      const fail = (why: string) => settle(() => reject(new Error(`${name}: ${why}. Its output:\n${text}`)))
      const check = () => {
        const found = find(text)
        if (found) settle(() => resolve(found))
        else if (ended()) fail('it ended')
      }
      const limit = setTimeout(() => fail('what was waited for did not come'), readyLimitMs)
      checks.add(check)
      check()
    })
  return { output: () => text, waitFor }
}

async function stopChild(
  child: ChildProcess,
  pid: number,
  signal: NodeJS.Signals,
  exited: Promise<Exit>,
): Promise<Exit> {
  child.kill(signal)
  const late = Symbol('late')
  let limit: NodeJS.Timeout | undefined
  const patience = new Promise<typeof late>((resolve) => {
    limit = setTimeout(() => resolve(late), stopLimitMs)
  })
  const first = await Promise.race([exited, patience])
  clearTimeout(limit)
  if (first !== late) return first
  killGroup(pid)
  await exited
  throw new Error(`the process had not ended ${stopLimitMs / 1000} s after ${signal}`)
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // All of the group have ended.
  }
}
