import type { Provenance } from '../measure/machine.ts'
import type { Figures } from '../measure/run-rounds.ts'
import type { Settings } from '../scenarios/scenario.ts'
import type { Guarantee } from '../systems/system.ts'

/** What one system gave in one group: its windows in the order of rounds. */
export interface RowResult {
  readonly name: string
  readonly title: string
  /** What a server promises; clients have none. */
  readonly guarantee?: Guarantee
  readonly windows: readonly Figures[]
  /** Why there are no more windows: something was lost, refused, or would not start. */
  readonly failure?: string
}

/** Rows that are compared with each other. */
export interface GroupResult {
  readonly name: string
  readonly rows: readonly RowResult[]
}

/** A file of `results/`. */
export interface ScenarioResult {
  readonly scenario: string
  readonly provenance: Provenance
  readonly settings: Settings
  readonly groups: readonly GroupResult[]
}
