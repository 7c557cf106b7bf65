import type { EndSignal } from '../ending.js'
import type { ProcessMetrics } from '../metrics.js'
import type { ListeningAt } from '../serve-report.js'

/** What a worker begins with. */
export interface Beginning extends Ports {
  /** Its number, from 1 on. */
  readonly index: number
  /** Whether it runs the application's `start`. */
  readonly isFirst: boolean
}

/** Where all workers listen. */
export interface Ports {
  readonly port: number
  readonly operationsPort: number | undefined
}

/** What the process above tells a worker. */
export type ToWorker =
  | { readonly begin: Beginning }
  /** Another worker asks for its metrics. */
  | { readonly measure: number }
  | { readonly measured: number; readonly siblings: readonly ProcessMetrics[] }
  | { readonly end: EndSignal }

/** What a worker tells the process above. */
export type FromWorker =
  /** It hears now: what was said before was said to nobody. */
  | 'ready'
  /** Its event loop turns. */
  | 'alive'
  | { readonly listening: ListeningAt }
  /** It cannot serve, and has nothing to do any more. */
  | { readonly failed: string; readonly exitCode: 1 | 2 }
  /** It wants the metrics of the others. */
  | { readonly siblings: number }
  | { readonly measured: number; readonly metrics: ProcessMetrics }
