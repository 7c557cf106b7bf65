import type { Figures } from '../measure/run-rounds.ts'
import type { Running } from '../measure/start-system.ts'
import type { System, Transport } from '../systems/system.ts'

/** How long and how often. */
export interface Settings {
  /** Rounds: each row is measured once a round. */
  readonly pairs: number
  /** Where systems differ in that: how many of the rounds a system takes part in, none where it is not named. */
  readonly pairsOf?: Readonly<Record<string, number>>
  /** Length of a window. */
  readonly seconds: number
  /** How long each server gets the same load before it is measured, in seconds. */
  readonly warm: number
  /** Fewer connections and messages, for a look. */
  readonly quick: boolean
}

/** One line of a scenario: a system, how it is read, and what is varied. */
export interface Row {
  readonly system: System
  readonly transport?: Transport
  readonly variant?: string
  /** Whether it is the reference measured a second time: the A/A line. */
  readonly again?: true
}

/** One kind of figure. */
export interface Measure {
  readonly name: string
  readonly title: string
  readonly unit: string
  readonly digits: number
}

/** What is aimed at: our figure against another's in the same group, or against a number. */
export interface Reach {
  readonly of: string
  readonly measure: string
  readonly to?: string
  readonly atMost?: number
  readonly atLeast?: number
  /** Only in groups whose name holds this. */
  readonly where?: string
}

/** A scenario made ready on one server, which is warm. */
export interface Prepared {
  measure(): Promise<Figures>
  end(): Promise<void>
}

/** Seconds that a scenario takes beside warm-up and windows: for each server, and for each window. */
export interface Takes {
  readonly start: number
  readonly window: number
}

/** What a report says of something that is measured. */
export interface Topic {
  readonly name: string
  readonly title: string
  /** What is done, in a sentence or two. */
  readonly text: string
  /** The first is the main one, which ratios are made of. */
  readonly measures: readonly Measure[]
  readonly reaches: readonly Reach[]
}

/** Something that is measured of servers. Rows of one group are compared with each other, and measured in turn. */
export interface Scenario extends Topic {
  /** Names of systems, of which those are measured that have the group's transport. */
  readonly systems: readonly string[]
  readonly transports: readonly (Transport | undefined)[]
  readonly variants: readonly (string | undefined)[]
  /** Whether readers come back from their positions, which not all systems can. */
  readonly resumes?: true
  /** Whether each window gets a server of its own, for memory and for what ends the server; else readers stay. */
  readonly fresh?: boolean
  /** The most rounds that make sense, where one takes long. */
  readonly mostPairs?: number
  readonly takes: Takes
  /** Connects what stays connected, and warms the server up: what it compiles on its way is in no figure. */
  prepare(running: Running, row: Row, settings: Settings): Promise<Prepared>
}

/** A row's name in tables and files. */
export function rowName({ system, again }: Row): string {
  return again ? `${system.name} again` : system.name
}
