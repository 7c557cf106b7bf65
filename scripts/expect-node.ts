import { realpathSync } from 'node:fs'

/** A test matrix that runs on another Node than it says would show nothing. */
const wanted = process.env['GAMUT_NODE'] ?? ''
if (realpathSync(process.execPath) !== realpathSync(wanted)) {
  throw new Error(`the tests run on ${process.execPath} and not on ${wanted}`)
}
