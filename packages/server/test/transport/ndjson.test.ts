import { describeTransport } from '@gamut/testing/suites'
import { nodeHarness, plainNodeHarness } from './node-harness.js'

describeTransport('ndjson', nodeHarness)
describeTransport('ndjson', plainNodeHarness)
