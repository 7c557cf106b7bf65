import {
  bare,
  bareWs,
  centrifuge,
  centrifugeWs,
  eventSource,
  overNdjson,
  overSse,
  overWebSocket,
  overWs,
  socketIo,
} from '../subjects.ts'
import type { ClientScenario } from './client-scenario.ts'

const batches = 'WebSocket, 20 messages a frame'

/** What a message costs a client, and how many it can take. */
export const receive: ClientScenario = {
  name: 'client-receive',
  title: 'Clients: receiving',
  text: 'One Node process on its core reads one channel and hands each message of 120 bytes, parsed, to one listener. On the other core a feeder speaks each library’s protocol and writes bytes that it encoded beforehand, as fast as they are taken. CPU is the process’s, its collector and I/O threads included; a share of its core below 0.9 says that the feeder was the slower one, then messages a second are not the client’s limit. Gamut and centrifuge keep a position, the others keep none. What is called bare is a WebSocket and `JSON.parse`.',
  measures: [
    { name: 'cpuUs', title: 'CPU per message', unit: 'µs', digits: 2 },
    { name: 'perSecond', title: 'messages received', unit: '1/s', digits: 0 },
    { name: 'share', title: 'share of its core', unit: '', digits: 2 },
  ],
  reaches: [
    { of: 'ours websocket', measure: 'cpuUs', to: 'centrifuge', atMost: 1 },
    { of: 'ours ws', measure: 'cpuUs', to: 'centrifuge ws', atMost: 1 },
    { of: 'ours ws', measure: 'cpuUs', to: 'socket.io', atMost: 1 },
    { of: 'ours sse', measure: 'cpuUs', to: 'event-source', atMost: 1 },
  ],
  groups: [
    {
      name: 'WebSocket, a message a frame',
      rows: [overWebSocket, overWs, centrifuge, centrifugeWs, socketIo, bare, bareWs],
    },
    { name: batches, rows: [overWebSocket, overWs, centrifuge, centrifugeWs] },
    { name: 'HTTP streams', rows: [overSse, overNdjson, eventSource] },
  ],
  official: { pairs: 8, seconds: 0.8 },
  takes: () => 0.4,
  measure: ({ path, way }, group, { ports, reader, settings, isWarmUp }) => {
    const url = `http://127.0.0.1:${ports.near}/${group === batches ? 'batches' : 'each'}/${path}`
    return reader.follow({ type: 'receive', url, way, seconds: isWarmUp ? settings.warm : settings.seconds })
  },
}
