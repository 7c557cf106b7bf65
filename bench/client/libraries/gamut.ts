import { connect } from '@gamut/client'
import { defaultEnvironment } from '@gamut/client/core'
import type { TransportName } from '@gamut/protocol'
import WebSocket from 'ws'
import type { Data } from '../data.ts'
import { firstEventMs } from '../first-event.ts'
import type { Library } from './library.ts'

/** `ws`: a WebSocket, but that of the package. Several: the first is known to be mute. `''`: what the client chooses. */
export const read: Library['read'] = (url, way, channels, hear) => {
  const names = way.split(',').map((name) => (name === 'ws' ? 'websocket' : name)) as TransportName[]
  const transport = way ? { transport: names } : {}
  const gamut = connect(url, {
    ...(way === 'ws' && { environment: { ...defaultEnvironment(), WebSocket: WebSocket as never } }),
    ...(names.length > 1 && { firstEventMs }),
  })
  for (const name of channels) gamut.channel<Data>(name, transport).subscribe(({ data }) => hear(data, name))
  return () => gamut.close()
}
