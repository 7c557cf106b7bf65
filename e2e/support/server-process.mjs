// @ts-check
import { createGamut } from '@gamut/server'
import { serve } from '@gamut/server/node'

/** Serves the built packages as `GAMUT_TEST_SERVER` says, with a message in `news`; ends by SIGTERM, as a deploy does it. */
const { port, options } = JSON.parse(process.env['GAMUT_TEST_SERVER'] ?? '{}')
const gamut = createGamut({ authorize: () => true, ...options })
await gamut.publish('news', `from ${process.pid}`)
const served = await serve(gamut, { port })
process.once('SIGTERM', () => void served.close())
console.log(`listening at ${served.url}`)
