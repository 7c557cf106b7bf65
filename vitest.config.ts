import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const source = (path: string) => fileURLToPath(new URL(`./packages/${path}`, import.meta.url))

export default defineConfig({
  resolve: {
    alias: [
      { find: /^@gamut\/protocol$/, replacement: source('protocol/src/index.ts') },
      { find: /^@gamut\/server$/, replacement: source('server/src/index.ts') },
      { find: /^@gamut\/server\/node$/, replacement: source('server/src/node/index.ts') },
      { find: /^@gamut\/testing$/, replacement: source('testing/src/index.ts') },
      { find: /^@gamut\/testing\/suites$/, replacement: source('testing/src/suites/index.ts') },
    ],
  },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'e2e/**/*.test.ts'],
    testTimeout: 20_000,
    coverage: { provider: 'v8', include: ['packages/*/src/**'], reporter: ['text-summary', 'json-summary'] },
  },
})
