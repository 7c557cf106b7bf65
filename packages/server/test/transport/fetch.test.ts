import { describeTransport } from '@gamut/testing/suites'
import { fetchHarness } from './fetch-harness.js'

for (const transport of ['poll', 'long-poll', 'sse', 'ndjson'] as const)
  describeTransport(transport, fetchHarness)
