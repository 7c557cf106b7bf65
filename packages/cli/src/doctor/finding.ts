import type { TransportName } from '@gamut/protocol'
import type { Problem } from './settings.js'

/** How bad it is, the best first. */
export const severities = ['ok', 'note', 'warning', 'fault'] as const

/** How bad a finding is: as it should be, worth knowing, costs something, or does not work. */
export type Severity = (typeof severities)[number]

/** What is looked at, in the order of the report. */
export type CheckName =
  | 'reach'
  | 'buffering'
  | 'compression'
  | 'websocket'
  | 'idle'
  | 'http'
  | 'host'
  | 'cache'
  | 'clock'
  | 'operators'
  | 'limits'

/** One thing that the path does to a pattern, or does not. */
export interface Finding {
  readonly check: CheckName
  readonly severity: Severity
  /** What was seen, with figures: whole sentences. */
  readonly says: string
  /** What that means for whoever reads; absent where all is well. */
  readonly means?: string
  /** Which patterns it is about; all of them if absent. */
  readonly patterns?: readonly TransportName[]
  /** The figures by name. */
  readonly seen?: Readonly<Record<string, unknown>>
  /** What the settings to change are listed under. */
  readonly problem?: Problem
  /** What to do where no setting of a proxy mends it. */
  readonly todo?: string
}

/** The worse of two. */
export function worse(one: Severity, other: Severity): Severity {
  return severities.indexOf(one) > severities.indexOf(other) ? one : other
}
