// @ts-check
import { channels } from './channels.mjs'
import { openRoom } from './server/room.mjs'
import { measureTransports, transportChannels } from './server/transports.mjs'

export default {
  /** What build.mjs makes of `src` and `transports`. */
  static: 'dist',
  channels: { ...channels, ...transportChannels },
  /**
   * Called when the server listens; what it returns is called when it stops.
   * @param {import('@gamut/server').Gamut} gamut
   */
  async start(gamut) {
    const closeRoom = await openRoom(gamut)
    const stopMeasuring = measureTransports(gamut)
    return () => {
      stopMeasuring()
      return closeRoom()
    }
  },
}
