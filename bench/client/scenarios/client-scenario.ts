import type { Figures } from '../../measure/run-rounds.ts'
import type { Settings, Topic } from '../../scenarios/scenario.ts'
import type { FeederPorts } from '../feeder/main.ts'
import type { Reader } from '../start-program.ts'
import type { Subject } from '../subjects.ts'

/** Rows that are compared with each other, the first one twice. */
export interface ClientGroup {
  readonly name: string
  readonly rows: readonly Subject[]
}

/** What a window is measured with. */
export interface Place {
  readonly settings: Settings
  readonly ports: FeederPorts
  /** The process of this row: one for all its windows, unless each gets a fresh one. */
  readonly reader: Reader
  /** Whether this is the warm-up, which nobody counts. */
  readonly isWarmUp: boolean
}

/** Something that is measured of clients. */
export interface ClientScenario extends Topic {
  readonly groups: readonly ClientGroup[]
  /** Whether each window gets a process of its own, without a warm-up. */
  readonly fresh?: true
  /** For the published figures. */
  readonly official: { readonly pairs: number; readonly seconds: number }
  /** The most rounds that make sense. */
  readonly mostPairs?: number
  /** What a window takes beside the settings' seconds, in seconds; warm-up as much. */
  takes(group: string, settings: Settings): number
  measure(subject: Subject, group: string, place: Place): Promise<Figures>
}
