import type { ClientScenario } from './client-scenario.ts'
import { firstMessage, moving } from './first-message.ts'
import { receive } from './receive.ts'
import { subscriptions } from './subscriptions.ts'

/** All that is measured of clients by running them, in the order of the report. */
export const clientScenarios: readonly ClientScenario[] = [receive, firstMessage, subscriptions, moving]
