import { createGamut } from '@gamut/server'
import { serve } from '@gamut/server/node'
import type { TransportHarness } from '@gamut/testing/suites'

/** Starts servers of the suite by Node's runtime. */
export const nodeHarness: TransportHarness = {
  runtime: 'Node',
  start: async (options) => {
    const gamut = createGamut(options)
    const served = await serve(gamut, { port: 0 })
    return { origin: served.url, held: async () => gamut.connections, close: () => served.close() }
  },
}
