import { createGamut } from '@gamut/server'
import { type ServeOptions, serve } from '@gamut/server/node'
import type { TransportHarness } from '@gamut/testing/suites'

function harness(runtime: string, options: ServeOptions): TransportHarness {
  return {
    runtime,
    start: async (settings) => {
      const gamut = createGamut(settings)
      const served = await serve(gamut, { port: 0, ...options })
      return { origin: served.url, held: async () => gamut.connections, close: () => served.close() }
    },
  }
}

/** Starts servers of the suite by Node's runtime. */
export const nodeHarness = harness('Node', {})

/** The same, with every held response left to Node itself. */
export const plainNodeHarness = harness("Node's own responses", { plainResponses: true })
