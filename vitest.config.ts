import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const source = (path: string) => fileURLToPath(new URL(`./packages/${path}`, import.meta.url))

/** Tests see the sources, so that nothing needs to be built first. */
const sources = [
  { find: /^@gamut\/advisor$/, replacement: source('advisor/src/index.ts') },
  { find: /^@gamut\/broker-sqlite$/, replacement: source('broker-sqlite/src/index.ts') },
  { find: /^@gamut\/broker-redis$/, replacement: source('broker-redis/src/index.ts') },
  { find: /^@gamut\/client$/, replacement: source('client/src/index.ts') },
  { find: /^@gamut\/client\/core$/, replacement: source('client/src/core.ts') },
  { find: /^@gamut\/client\/presence$/, replacement: source('client/src/presence.ts') },
  { find: /^@gamut\/client\/tabs$/, replacement: source('client/src/tabs.ts') },
  { find: /^@gamut\/protocol$/, replacement: source('protocol/src/index.ts') },
  { find: /^@gamut\/react$/, replacement: source('react/src/index.ts') },
  { find: /^@gamut\/server$/, replacement: source('server/src/index.ts') },
  { find: /^@gamut\/server\/doors$/, replacement: source('server/src/doors/index.ts') },
  { find: /^@gamut\/server\/node$/, replacement: source('server/src/node/index.ts') },
  { find: /^@gamut\/testing$/, replacement: source('testing/src/index.ts') },
  { find: /^@gamut\/testing\/app$/, replacement: source('testing/src/app/index.ts') },
  { find: /^@gamut\/testing\/suites$/, replacement: source('testing/src/suites/index.ts') },
]

/** `npm run test:matrix` gives them what is published instead, wherever they name a source. */
const built = [{ find: /^((?:\.\.\/)+)src\/(.*)$/, replacement: '$1dist/$2' }]

const faults = ['e2e/faults/**/*.test.ts']
const all = [
  'packages/*/test/**/*.test.{ts,tsx}',
  'examples/**/*.test.{ts,tsx}',
  'e2e/**/*.test.ts',
  'scripts/test/*.test.ts',
  'bench/test/*.test.ts',
]

const tier = process.env['GAMUT_TIER']
const node = process.env['GAMUT_NODE']

// vitest itself stays on the Node of the development; its workers, and what tests start, run on the one that is asked for.
if (node) process.execPath = node

export default defineConfig({
  resolve: { alias: tier === 'matrix' ? built : sources },
  test: {
    include: tier === 'faults' ? faults : all,
    exclude: ['**/node_modules/**', ...(tier === 'faults' ? [] : faults)],
    // Most of them wait, for browsers, processes and deadlines: on two cores vitest would run one file at a time.
    maxWorkers: Math.max(3, availableParallelism() - 1),
    // Each run under faults takes the whole machine.
    fileParallelism: tier !== 'faults',
    setupFiles: ['scripts/seed.ts', ...(node ? ['scripts/expect-node.ts'] : [])],
    testTimeout: tier === 'faults' ? 600_000 : 20_000,
    // What is waited for comes soon, but not on a machine that does more than this.
    hookTimeout: 60_000,
    expect: { poll: { timeout: 10_000 } },
    coverage: { provider: 'v8', include: ['packages/*/src/**'], reporter: ['text-summary', 'json-summary'] },
  },
})
