import { describeTransport } from '@gamut/testing/suites'
import { nodeHarness } from './node-harness.js'

describeTransport('websocket', nodeHarness)
