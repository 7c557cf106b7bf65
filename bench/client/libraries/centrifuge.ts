import { Centrifuge } from 'centrifuge'
import WebSocket from 'ws'
import type { Library } from './library.ts'

/** One connection with a subscription for each channel. `ws`: by the WebSocket of the package. */
export const read: Library['read'] = (url, way, channels, hear) => {
  const centrifuge = new Centrifuge(url.replace('http', 'ws'), way === 'ws' ? { websocket: WebSocket } : {})
  for (const name of channels) {
    const subscription = centrifuge.newSubscription(name)
    subscription.on('publication', ({ data }) => hear(data, name))
    subscription.subscribe()
  }
  centrifuge.connect()
  return () => centrifuge.disconnect()
}
