import type { Logger } from 'pino'
import type { ServeConfig } from '../config.js'
import { type EndSignal, endServer } from '../ending.js'
import { Failure } from '../failure.js'
import { createMetrics, type ProcessMetrics } from '../metrics.js'
import { startServing } from '../serving.js'
import { aliveMs } from './end-silent.js'
import { createLineBroker } from './line-broker.js'
import type { Beginning, FromWorker, ToWorker } from './messages.js'
import { createPipeLine, ownPipe } from './pipe-line.js'

/** The process above, as a worker sees it. */
class Parent {
  readonly begun: Promise<Beginning>
  /** It wants this worker to end, or has ended itself. */
  readonly ended: Promise<EndSignal>
  /** Measures this process. */
  measure: () => Promise<ProcessMetrics> = async () => []
  readonly #asked = new Map<number, (siblings: readonly ProcessMetrics[]) => void>()
  #count = 0

  constructor() {
    let begin: (begun: Beginning) => void = () => {}
    let end: (signal: EndSignal) => void = () => {}
    this.begun = new Promise((resolve) => {
      begin = resolve
    })
    this.ended = new Promise((resolve) => {
      end = resolve
    })
    process.on('message', (message: ToWorker) => {
      if ('begin' in message) begin(message.begin)
      else if ('end' in message) end(message.end)
      else if ('measure' in message) void this.#answer(message.measure)
      else this.#take(message.measured, message.siblings)
    })
    process.once('disconnect', () => end('SIGTERM'))
    this.tell('ready')
    setInterval(() => this.tell('alive'), aliveMs).unref()
  }

  /** What it hears no more is no loss: this worker ends then. */
  tell(message: FromWorker): void {
    if (process.connected) process.send?.(message, () => {})
  }

  /** The metrics of the other workers. */
  siblings(): Promise<readonly ProcessMetrics[]> {
    const asked = ++this.#count
    this.tell({ siblings: asked })
    return new Promise((resolve) => this.#asked.set(asked, resolve))
  }

  async #answer(measured: number): Promise<void> {
    this.tell({ measured, metrics: await this.measure() })
  }

  #take(asked: number, siblings: readonly ProcessMetrics[]): void {
    this.#asked.get(asked)?.(siblings)
    this.#asked.delete(asked)
  }
}

/** The signals of a terminal go to all of its processes: a worker waits for the word of the one above. */
function leaveSignalsToParent(): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => {})
}

/** Serves as one of several processes that share a port, and a broker in the process above if that is none of its own. */
export async function runWorker(config: ServeConfig, log: Logger): Promise<number> {
  leaveSignalsToParent()
  const parent = new Parent()
  const { index, isFirst, port, operationsPort } = await parent.begun
  const { store, options } = config
  const metrics = createMetrics(() => parent.siblings())
  try {
    const broker = store.isShared ? await store.open(log) : createLineBroker(createPipeLine(ownPipe()))
    const node = options.node === undefined ? {} : { node: `${options.node}-${index}` }
    const operations =
      operationsPort === undefined ? undefined : { ...config.operations, port: operationsPort }
    const { gamut, served, end, failed } = await startServing(
      { ...config, port, operations },
      { broker, metrics, log, isFirst, ...node },
      ({ host, port, url, operationsUrl }) =>
        parent.tell({
          listening: { host, port, url, ...(operationsUrl !== undefined && { operationsUrl }) },
        }),
    )
    parent.measure = () => metrics.own(() => gamut.scrape())
    await Promise.race([parent.ended, failed])
    await endServer(served, gamut, end, log)
    return 0
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    parent.tell({ failed: error.message, exitCode: error.exitCode })
    return error.exitCode
  }
}
