import { setTimeout as delay } from 'node:timers/promises'
import { type Cursor, parseCursor } from '@gamut/protocol'
import { createFaultProxy, type FaultProxy } from '@gamut/testing'
import { freePort } from '../support/free-port.js'
import { startGamut } from '../support/gamut.js'
import { startOperateProxy } from '../support/operate-proxy.js'
import type { RunningProcess } from '../support/start-process.js'
import { channelNames } from './channels.js'
import { startDurableRedis } from './durable-redis.js'
import type { ServerFault } from './plan.js'
import type { Recorder } from './recorder.js'
import type { SharedRedis } from './redis-faults.js'
import { ask, type Measured, measureNode, type ServerUnderTest, tryRevoking } from './server-under-test.js'

/** One node, and its own way to the Redis. */
interface Node {
  readonly port: number
  readonly way: FaultProxy
  process: RunningProcess
}

/** How long a node that suffers is asked in vain before another is, in milliseconds. */
const againMs = 100

class Nodes implements ServerUnderTest {
  readonly port: number
  readonly #config: string
  readonly #redis: SharedRedis
  readonly #nodes: Node[] = []
  readonly #recorder: Recorder
  #earlier = ''

  constructor(port: number, config: string, redis: SharedRedis, recorder: Recorder) {
    this.port = port
    this.#config = config
    this.#redis = redis
    this.#recorder = recorder
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`
  }

  async add(port: number): Promise<void> {
    const way = await createFaultProxy({ target: { port: this.#redis.port } })
    this.#nodes.push({ port, way, process: await this.#start(port, way) })
  }

  async suffer(fault: ServerFault): Promise<void> {
    const named = { kind: 'fault', name: fault.what, where: 'server' } as const
    this.#recorder.add({ ...named, on: true })
    const node = this.#nodes[fault.node % this.#nodes.length]
    if (node) await this.#suffer(fault, node)
    this.#recorder.add({ ...named, on: false })
  }

  async #suffer({ what, forMs, node: which }: ServerFault, node: Node): Promise<void> {
    switch (what) {
      case 'stop':
        process.kill(node.process.pid, 'SIGSTOP')
        await delay(forMs)
        process.kill(node.process.pid, 'SIGCONT')
        return
      case 'drain':
      case 'kill':
        await (what === 'drain' ? this.#drain(node) : node.process.stop('SIGKILL'))
        this.#earlier += node.process.output()
        await delay(forMs)
        node.process = await this.#start(node.port, node.way)
        return
      case 'cut off':
      case 'cut off one way':
        node.way.set({ ...(what === 'cut off' && { toServer: { mute: true } }), toClient: { mute: true } })
        await delay(forMs)
        node.way.set({})
        return
      default:
        await this.#redis.suffer(what, forMs, which)
    }
  }

  async head(channel: string): Promise<Cursor> {
    return JSON.parse(await this.#askAny(`/channels/${channel}?info`)).head
  }

  async measure(): Promise<Measured> {
    const all = await Promise.all(this.#nodes.map(({ port }) => measureNode(port)))
    const sum = (name: keyof Measured) => all.reduce((total, one) => total + one[name], 0)
    return {
      connections: sum('connections'),
      openFiles: sum('openFiles'),
      memoryBytes: Math.max(...all.map(({ memoryBytes }) => memoryBytes)),
    }
  }

  async revoke(identity: string, signal: AbortSignal): Promise<{ readonly asked: number } | undefined> {
    for (let turn = 0; !signal.aborted; turn += 1) {
      const node = this.#nodes[turn % this.#nodes.length]
      const asked = this.#recorder.now()
      if (node && (await tryRevoking(node.port, identity))) return { asked }
      await delay(againMs)
    }
    return undefined
  }

  output(): string {
    return this.#earlier + this.#nodes.map(({ process }) => process.output()).join('')
  }

  async stop(): Promise<string> {
    await Promise.all(this.#nodes.map((node) => this.#drain(node)))
    await Promise.all(this.#nodes.map(({ way }) => way.close()))
    return this.output()
  }

  async #askAny(target: string): Promise<string> {
    for (let turn = 0; ; turn += 1) {
      const node = this.#nodes[turn % this.#nodes.length]
      try {
        return await ask(node?.port ?? 0, target)
      } catch (error) {
        if (turn > 100) throw error
        await delay(againMs)
      }
    }
  }

  #start(port: number, way: FaultProxy): Promise<RunningProcess> {
    const broker = `redis://127.0.0.1:${way.port}`
    const told = ['--port', `${port}`, '--config', this.#config, '--broker', broker]
    return startGamut([...told, '--trusted-proxies', '127.0.0.1'])
  }

  /** It ends by itself within its window and a second (I17); `stop` fails after 10 s. */
  async #drain({ process: { stop } }: Node): Promise<void> {
    const { code, signal } = await stop('SIGTERM')
    if (code !== 0) throw new Error(`a drain ended with ${code ?? signal}:\n${this.output()}`)
  }
}

/** Starts so many nodes on one Redis, behind a round-robin nginx. */
export async function startNodes(
  count: number,
  config: string,
  recorder: Recorder,
  redis: SharedRedis,
): Promise<ServerUnderTest> {
  const ports: number[] = []
  for (let index = 0; index < count; index += 1) ports.push(await freePort())
  const front = new URL(await startOperateProxy('nginx', ports))
  const nodes = new Nodes(Number(front.port), config, redis, recorder)
  for (const port of ports) await nodes.add(port)
  return nodes
}

/** The same on a Redis of which no fault takes anything: every channel has one life. */
export async function startDurableNodes(
  count: number,
  config: string,
  recorder: Recorder,
): Promise<ServerUnderTest> {
  const nodes = await startNodes(count, config, recorder, await startDurableRedis())
  for (const channel of channelNames) {
    const { epoch = '' } = parseCursor(await nodes.head(channel)) ?? {}
    recorder.add({ kind: 'life', epoch, channel })
  }
  return nodes
}
