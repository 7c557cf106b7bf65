import { describeTransport } from '@gamut/testing/suites'
import { nodeHarness, plainNodeHarness } from './node-harness.js'

describeTransport('long-poll', nodeHarness)
describeTransport('long-poll', plainNodeHarness)
