import { fanOut } from './fan-out.ts'
import type { Scenario } from './scenario.ts'

/** All scenarios, in the order of the report. */
export const scenarios: readonly Scenario[] = [fanOut]
