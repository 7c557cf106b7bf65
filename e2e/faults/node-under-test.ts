import { setTimeout as delay } from 'node:timers/promises'
import type { Cursor } from '@gamut/protocol'
import { parseCursor } from '@gamut/protocol'
import { rawRequest } from '@gamut/testing'
import { startGamut } from '../support/gamut.js'
import type { RunningProcess } from '../support/start-process.js'
import type { ServerFault } from './plan.js'
import type { Recorder } from './recorder.js'

/** What a node says of itself. */
export interface Measured {
  /** Held connections, of all transports. */
  readonly connections: number
  readonly openFiles: number
  readonly memoryBytes: number
}

/** A `gamut serve` that faults happen to; it comes back on the same port. */
export interface NodeUnderTest {
  readonly port: number
  readonly origin: string
  /** Lets one fault happen, until the node serves again. */
  suffer(fault: ServerFault): Promise<void>
  head(channel: string): Promise<Cursor>
  measure(): Promise<Measured>
  /** Revokes an identity for good, tried until it is answered; gives in which life of the store, unless called off. */
  revoke(identity: string, signal: AbortSignal): Promise<string | undefined>
  /** All that it has written, over all its lives. */
  output(): string
  /** Drains it for good; how it ended. */
  stop(): Promise<string>
}

async function ask(port: number, target: string): Promise<string> {
  const answer = await rawRequest({ port, target, signal: AbortSignal.timeout(5000) })
  const text = await answer.text()
  if (answer.status !== 200) throw new Error(`${target}: ${answer.status} ${text}`)
  return text
}

function sumOf(metrics: string, name: string): number {
  const lines = metrics
    .split('\n')
    .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)
}

class GamutNode implements NodeUnderTest {
  readonly port: number
  readonly #config: string
  readonly #recorder: Recorder
  #process: RunningProcess | undefined
  #epoch = ''
  #earlier = ''

  constructor(port: number, config: string, recorder: Recorder) {
    this.port = port
    this.#config = config
    this.#recorder = recorder
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`
  }

  async start(): Promise<void> {
    this.#process = await startGamut(['--port', `${this.port}`, '--config', this.#config])
    const { epoch } = parseCursor(await this.head('plain')) ?? {}
    if (epoch === undefined) throw new Error('a node without an epoch')
    this.#epoch = epoch
    this.#recorder.add({ kind: 'life', epoch })
  }

  async suffer({ what, forMs }: ServerFault): Promise<void> {
    this.#recorder.add({ kind: 'fault', name: what, where: 'server', on: true })
    if (what === 'stop') {
      process.kill(this.#running.pid, 'SIGSTOP')
      await delay(forMs)
      process.kill(this.#running.pid, 'SIGCONT')
    } else {
      this.#epoch = ''
      if (what === 'drain') await this.#drain()
      else await this.#running.stop('SIGKILL')
      this.#earlier += this.#running.output()
      await delay(forMs)
      await this.start()
    }
    this.#recorder.add({ kind: 'fault', name: what, where: 'server', on: false })
  }

  async head(channel: string): Promise<Cursor> {
    return JSON.parse(await ask(this.port, `/channels/${channel}?info`)).head
  }

  async measure(): Promise<Measured> {
    const metrics = await ask(this.port, '/metrics')
    return {
      connections: sumOf(metrics, 'gamut_connections'),
      openFiles: sumOf(metrics, 'process_open_fds'),
      memoryBytes: sumOf(metrics, 'process_resident_memory_bytes'),
    }
  }

  async revoke(identity: string, signal: AbortSignal): Promise<string | undefined> {
    while (!signal.aborted) {
      const epoch = this.#epoch
      const isRevoked = await rawRequest({
        port: this.port,
        method: 'POST',
        target: '/revocations',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ identity }),
        signal: AbortSignal.timeout(5000),
      }).then(
        async (answer) => answer.status === 200 && (await answer.finished) === 'complete',
        () => false,
      )
      // In between it may have been another one that answered.
      if (isRevoked && epoch !== '' && epoch === this.#epoch) return epoch
      await delay(100)
    }
    return undefined
  }

  output(): string {
    return this.#earlier + (this.#process?.output() ?? '')
  }

  async stop(): Promise<string> {
    await this.#drain()
    return this.output()
  }

  get #running(): RunningProcess {
    if (!this.#process) throw new Error('the node was not started')
    return this.#process
  }

  /** It ends by itself within its window and a second (I17); `stop` fails after 10 s. */
  async #drain(): Promise<void> {
    const { code, signal } = await this.#running.stop('SIGTERM')
    if (code !== 0) throw new Error(`a drain ended with ${code ?? signal}:\n${this.output()}`)
  }
}

/** Starts a node on a port with a config file. */
export async function startNode(port: number, config: string, recorder: Recorder): Promise<NodeUnderTest> {
  const node = new GamutNode(port, config, recorder)
  await node.start()
  return node
}
