import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { pinned } from '../measure/pin.ts'
import type { Posting, Reading } from '../systems/system.ts'
import { buildLoad } from './build.ts'

/** What the generator shall do. */
export interface LoadPlan {
  readonly port: number
  /** Where requests go, if elsewhere than readers. */
  readonly postPort?: number
  /** Sleeps while nothing comes: for what is measured on its core too. */
  readonly sleeps?: true
  readonly channels?: number
  /** How unevenly channels are published to: by `1 / n` to this power; 1 if not said. */
  readonly zipf?: number
  readonly readers?: { readonly count: number; readonly reading: Reading; readonly tokensFile?: string }
  readonly stalled?: number
  readonly slow?: number
  readonly requests?: {
    readonly posting: Posting
    readonly connections: number
    /** A second, all connections together; 0: each asks as soon as it is answered. */
    readonly rate: number
    readonly expectedStatus?: number
  }
  /** How many readers connect at the same time; 200 if not said. */
  readonly opening?: number
  /** The processes whose CPU time a window counts. */
  readonly pids?: readonly number[]
  /** The run whose messages count, where another published them. */
  readonly run?: number
}

/** Delays in microseconds. */
export interface Delays {
  readonly count: number
  readonly p50: number
  readonly p99: number
  readonly max: number
}

/** What went wrong so far, and what came. */
export interface Totals {
  /** Messages that are missing between two that came, without a word. */
  readonly lost: number
  /** Messages that are missing, and the reader was told of a gap. */
  readonly signalled: number
  /** How often readers were told of a gap. */
  readonly told: number
  readonly repeated: number
  readonly closed: number
  readonly refused: number
  readonly wrongStatus: number
  readonly deliveries: number
}

/** How the readers came up. */
export interface Ready extends Totals {
  readonly ready: number
  readonly failed: number
  readonly us: number
}

/** How readers that had missed something got it. */
export interface CaughtUp extends Totals {
  readonly missing: number
  readonly caughtUp: number
  readonly us: number
  readonly each: Delays
}

/** What a window gave. `missing` of what was acknowledged, and of the answers, were not there 5 s later. */
export interface WindowResult extends Totals {
  readonly seconds: number
  /** The share of the time in which the generator had something to do. */
  readonly busyShare: number
  /** CPU time of the plan's processes. */
  readonly cpuUs: number
  /** CPU time of the generator itself: says something where it sleeps. */
  readonly ownCpuUs: number
  readonly windowDeliveries: number
  readonly bytes: number
  readonly reads: number
  readonly sent: number
  readonly answered: number
  readonly allAnswered: number
  readonly missing: number
  readonly spread: number
  readonly delay: Delays
  readonly answer: Delays
  readonly lateness: Delays
}

/** A generator that runs and is told what to do, one thing at a time. */
export interface Load {
  open(): Promise<Ready>
  catchUp(seconds: number): Promise<CaughtUp>
  hold(seconds: number): Promise<Totals>
  cut(): Promise<void>
  /** Where readers connect from now on. */
  moveTo(port: number): Promise<void>
  /** Asks for `warm` seconds, and measures the `seconds` after them. */
  run(warm: number, seconds: number): Promise<WindowResult>
  stop(): Promise<void>
}

let runs = 0

/** A number that tells the messages of one run from all others. */
export function nextRun(): number {
  runs = (runs + 1) % 1000
  return runs
}

/** The bytes of a request; lengths are right because placeholders are as wide as what replaces them. */
function requestText({ method, path, headers = [], body }: Posting): string {
  const length = body === undefined ? [] : [`Content-Length: ${Buffer.byteLength(body)}`]
  return [`${method} ${path} HTTP/1.1`, 'Host: 127.0.0.1', ...headers, ...length, '', body ?? ''].join('\r\n')
}

function readingText({ mode, path, headers = [] }: Reading): string {
  const upgrade = [
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version: 13',
  ]
  const asks = mode === 'websocket' ? upgrade : mode === 'stream' ? ['Accept: text/event-stream'] : []
  return requestText({ method: 'GET', path, headers: [...asks, ...headers] })
}

function flagsOf(plan: LoadPlan): readonly string[] {
  const { readers, requests } = plan
  const flags: [string, string | number | undefined][] = [
    ['--port', plan.port],
    ['--post-port', plan.postPort],
    ['--sleeps', plan.sleeps && 1],
    ['--run', plan.run ?? runs],
    ['--sources', 8],
    ['--channels', plan.channels],
    ['--zipf', plan.zipf],
    ['--opening', plan.opening],
    ['--pids', plan.pids?.join(',')],
    ['--stalled', plan.stalled],
    ['--slow', plan.slow],
    ['--readers', readers?.count],
    ['--mode', readers?.reading.mode],
    ['--request', readers && readingText(readers.reading)],
    ['--frames', readers?.reading.frames],
    ['--ready-text', readers?.reading.readyText],
    ['--token-start', readers?.reading.token?.[0]],
    ['--token-end', readers?.reading.token?.[1]],
    ['--name-start', readers?.reading.nameStart],
    ['--gap-text', readers?.reading.gapText],
    ['--tokens', readers?.tokensFile],
    ['--requesters', requests?.connections],
    ['--rate', requests?.rate],
    ['--post', requests && requestText(requests.posting)],
    ['--expected-status', requests?.expectedStatus],
  ]
  return flags.flatMap(([name, value]) => (value === undefined ? [] : [name, String(value)]))
}

/** Starts a generator on its core. */
export async function startLoad(plan: LoadPlan): Promise<Load> {
  const program = buildLoad()
  if (plan.run === undefined) nextRun()
  const child = spawn(...pinned('load', program, flagsOf(plan)), {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  // A generator that has died is noticed where its next answer is missing.
  child.stdin.on('error', () => {})
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  const next = async (event: string): Promise<unknown> => {
    const { value, done } = await lines.next()
    if (done) throw new Error(`the load generator ended where "${event}" was expected`)
    const said = JSON.parse(value)
    if (said.event !== event) throw new Error(`the load generator said ${value} and not "${event}"`)
    return said
  }
  const say = (line: string) => child.stdin.write(`${line}\n`)
  const ask = (line: string, event: string) => {
    say(line)
    return next(event)
  }
  await next('started')
  return {
    open: () => ask('open', 'ready') as Promise<Ready>,
    catchUp: (seconds) => ask(`catch ${seconds}`, 'caughtUp') as Promise<CaughtUp>,
    hold: (seconds) => ask(`hold ${seconds}`, 'held') as Promise<Totals>,
    cut: async () => {
      await ask('cut', 'cut')
    },
    moveTo: async (port) => {
      await ask(`port ${port}`, 'port')
    },
    run: (warm, seconds) => ask(`run ${warm} ${seconds}`, 'result') as Promise<WindowResult>,
    stop: async () => {
      if (child.exitCode !== null) return
      const ended = once(child, 'exit')
      child.stdin.end()
      await ended
    },
  }
}
