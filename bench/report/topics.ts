import { bundles } from '../client/bundles.ts'
import { clientScenarios } from '../client/scenarios/table.ts'
import type { Topic } from '../scenarios/scenario.ts'
import { scenarios } from '../scenarios/table.ts'

/** Everything that a report tells of: servers, then clients. */
export const topics: readonly Topic[] = [...scenarios, bundles, ...clientScenarios]
