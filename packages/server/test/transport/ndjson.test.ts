import { describeTransport } from '@gamut/testing/suites'
import { nodeHarness } from './node-harness.js'

describeTransport('ndjson', nodeHarness)
