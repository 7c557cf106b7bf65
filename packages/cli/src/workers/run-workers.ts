import cluster, { type Worker } from 'node:cluster'
import { setTimeout as delay } from 'node:timers/promises'
import { createLogSettings } from '@gamut/server'
import type { Logger } from 'pino'
import type { ServeConfig } from '../config.js'
import { awaitSignal } from '../ending.js'
import { Failure } from '../failure.js'
import type { ProcessMetrics } from '../metrics.js'
import type { ListeningAt, ServeReport } from '../serve-report.js'
import { explainRefusal } from '../serving.js'
import { openingFor } from '../store.js'
import { closeUntaken } from './close-untaken.js'
import { endSilent } from './end-silent.js'
import type { FromWorker, Ports, ToWorker } from './messages.js'
import { createPipeLine, pipeTo, stdioOfWorkers } from './pipe-line.js'
import { settlePort } from './settle-port.js'
import { type SharedBroker, shareBroker } from './share-broker.js'

/** After a worker has died, the next one is begun so long after, in milliseconds: one that dies at once takes no whole core. */
const restartMs = 1000
/** How long a worker may take to tell its metrics, in milliseconds: a scrape of all waits no longer. */
const measureMs = 1000
/** How much longer than its drain a worker may take to end before it is killed, in milliseconds. */
const endGraceMs = 2000

type Measured = (metrics: ProcessMetrics) => void

class Workers {
  /** Of the first time that each listens. */
  readonly listening: Promise<ListeningAt>
  /** A worker that cannot serve before any has: none of them could. */
  readonly failed: Promise<never>
  readonly #config: ServeConfig
  readonly #log: Logger
  readonly #share: SharedBroker | undefined
  readonly #ports: Ports
  readonly #living = new Map<number, Worker>()
  readonly #measuring = new Map<number, Measured>()
  #measured = 0
  #first: number | undefined
  #isEnding = false
  #hasBegun = false
  #listen: (at: ListeningAt) => void = () => {}
  #fail: (failure: Failure) => void = () => {}

  constructor(config: ServeConfig, log: Logger, share: SharedBroker | undefined, ports: Ports) {
    this.#config = config
    this.#log = log
    this.#share = share
    this.#ports = ports
    this.listening = new Promise((resolve) => {
      this.#listen = resolve
    })
    this.failed = new Promise((_resolve, reject) => {
      this.#fail = reject
    })
    this.failed.catch(() => {})
  }

  begin(): void {
    const listens = new Set<number>()
    cluster.setupPrimary({ stdio: [...stdioOfWorkers] })
    for (let index = 1; index <= this.#config.workers; index += 1)
      this.#fork(index, (at) => {
        listens.add(index)
        if (listens.size < this.#config.workers) return
        this.#hasBegun = true
        this.#listen(at)
      })
  }

  /** Lets all drain and waits until they have ended; who takes too long is killed. */
  async end(signal: 'SIGTERM' | 'SIGINT', withinMs: number): Promise<void> {
    this.#isEnding = true
    const exits = [...this.#living.values()].map(
      (worker) => new Promise<void>((resolve) => worker.once('exit', () => resolve())),
    )
    for (const worker of this.#living.values()) tell(worker, { end: signal })
    const late = await Promise.race([Promise.all(exits), delay(withinMs, 'late' as const, { ref: false })])
    if (late !== 'late') return
    for (const worker of this.#living.values()) worker.process.kill('SIGKILL')
    await Promise.all(exits)
  }

  #fork(index: number, listens: (at: ListeningAt) => void): void {
    const worker = cluster.fork()
    closeUntaken(worker)
    endSilent(worker, index, this.#log)
    this.#living.set(index, worker)
    this.#first ??= index
    const pipe = pipeTo(worker.process)
    const leave = this.#share?.join(createPipeLine(pipe))
    worker.on('message', (message: FromWorker) => {
      if (message === 'ready')
        tell(worker, { begin: { index, isFirst: this.#first === index, ...this.#ports } })
      else if (message === 'alive') return
      else if ('listening' in message) listens(message.listening)
      else if ('failed' in message) this.#refused(index, message.failed, message.exitCode)
      else if ('siblings' in message) void this.#measure(worker, message.siblings)
      else this.#measuring.get(message.measured)?.(message.metrics)
    })
    worker.once('exit', (code, signal) => {
      pipe.destroy()
      leave?.()
      this.#living.delete(index)
      if (this.#first === index) this.#first = undefined
      void this.#outlive(index, code, signal)
    })
  }

  /** Once they serve, one that cannot be begun anew is no reason to end the others. */
  #refused(index: number, failed: string, exitCode: 1 | 2): void {
    if (this.#hasBegun) this.#log.error({ worker: index, reason: failed }, 'a worker cannot serve')
    else this.#fail(new Failure(failed, exitCode))
  }

  async #outlive(index: number, code: number, signal: string): Promise<void> {
    if (this.#isEnding) return
    if (!this.#hasBegun) {
      this.#fail(new Failure(`Worker ${index} ended before it could listen; the log says why.`))
      return
    }
    this.#log.error({ worker: index, code, signal }, 'a worker ended and is begun anew')
    await delay(restartMs)
    if (!this.#isEnding) this.#fork(index, () => this.#log.info({ worker: index }, 'a worker listens again'))
  }

  /** Gathers what all but one measure; who does not answer in time is left out. */
  async #measure(asking: Worker, asked: number): Promise<void> {
    const others = [...this.#living.values()].filter((worker) => worker !== asking)
    const siblings = await Promise.all(others.map((worker) => this.#ask(worker)))
    tell(asking, { measured: asked, siblings: siblings.filter((one) => one !== undefined) })
  }

  #ask(worker: Worker): Promise<ProcessMetrics | undefined> {
    const measured = ++this.#measured
    return new Promise((resolve) => {
      const settle = (metrics?: ProcessMetrics) => {
        clearTimeout(limit)
        this.#measuring.delete(measured)
        resolve(metrics)
      }
      const limit = setTimeout(settle, measureMs)
      this.#measuring.set(measured, settle)
      tell(worker, { measure: measured })
    })
  }
}

/** A worker that has just died hears nothing any more; its end is told by its exit. */
function tell(worker: Worker, message: ToWorker): void {
  if (worker.isConnected()) worker.send(message, () => {})
}

async function settlePorts({ host, port, operations }: ServeConfig): Promise<Ports> {
  return {
    port: await settlePort(host, port),
    operationsPort: operations && (await settlePort(operations.host ?? '127.0.0.1', operations.port)),
  }
}

/** Lets several processes serve one port, with one broker for all of them, and begins anew whoever of them dies. */
export async function runWorkers(config: ServeConfig, report: ServeReport, log: Logger): Promise<number> {
  const { store, options } = config
  const signalled = awaitSignal()
  const settings = explainRefusal(config, () => createLogSettings(options))
  const broker = store.isShared ? undefined : await store.open(log)
  const share = broker && (await openingFor(shareBroker(broker, settings)))
  const workers = new Workers(config, log, share, await settlePorts(config))
  workers.begin()
  const drainMs = options.drainWindowMs ?? 5000
  try {
    report.listening(await Promise.race([workers.listening, workers.failed]))
  } catch (error) {
    await workers.end('SIGTERM', drainMs + endGraceMs)
    throw error
  }
  const signal = await Promise.race([signalled, workers.failed])
  report.ending(signal, undefined)
  await workers.end(signal, drainMs + endGraceMs)
  await broker?.close()
  report.ended()
  return 0
}
