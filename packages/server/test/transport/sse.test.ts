import { describeTransport } from '@gamut/testing/suites'
import { nodeHarness, plainNodeHarness } from './node-harness.js'

describeTransport('sse', nodeHarness)
describeTransport('sse', plainNodeHarness)
