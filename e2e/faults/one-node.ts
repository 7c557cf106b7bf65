import { setTimeout as delay } from 'node:timers/promises'
import type { Cursor } from '@gamut/protocol'
import { parseCursor } from '@gamut/protocol'
import { startGamut } from '../support/gamut.js'
import type { RunningProcess } from '../support/start-process.js'
import type { ServerFault } from './plan.js'
import type { Recorder } from './recorder.js'
import { ask, type Measured, measureNode, type ServerUnderTest, tryRevoking } from './server-under-test.js'

class GamutNode implements ServerUnderTest {
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

  measure(): Promise<Measured> {
    return measureNode(this.port)
  }

  async revoke(identity: string, signal: AbortSignal): Promise<{ readonly epoch: string } | undefined> {
    while (!signal.aborted) {
      const epoch = this.#epoch
      const isRevoked = await tryRevoking(this.port, identity)
      // In between it may have been another one that answered.
      if (isRevoked && epoch !== '' && epoch === this.#epoch) return { epoch }
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
export async function startNode(port: number, config: string, recorder: Recorder): Promise<ServerUnderTest> {
  const node = new GamutNode(port, config, recorder)
  await node.start()
  return node
}
