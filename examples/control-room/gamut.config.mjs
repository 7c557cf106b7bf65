// @ts-check
import { channels } from './channels.mjs'
import { publishMetrics } from './server/metrics.mjs'

export default {
  /** What build.mjs makes of `src`. */
  static: 'dist',
  channels,
  start: publishMetrics,
}
