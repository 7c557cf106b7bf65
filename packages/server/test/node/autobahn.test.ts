import { describeWebSocket } from '@gamut/testing/suites'
import { nodeHarness } from '../transport/node-harness.js'

describeWebSocket(nodeHarness)
