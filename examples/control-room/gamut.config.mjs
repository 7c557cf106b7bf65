// @ts-check
import { channels } from './channels.mjs'
import { openRoom } from './server/room.mjs'

export default {
  /** What build.mjs makes of `src`. */
  static: 'dist',
  channels,
  /** Called when the server listens; what it returns is called when it stops. */
  start: openRoom,
}
