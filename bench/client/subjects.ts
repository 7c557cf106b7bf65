/** One way of reading. */
export interface Subject {
  readonly name: string
  readonly title: string
  /** Its file in `libraries/`. */
  readonly library: string
  /** Its transport, as the library's file knows it. */
  readonly way: string
  /** The path of its server behind the feeder's mode. */
  readonly path: string
}

function ours(name: string, title: string, way: string): Subject {
  return {
    name: name ? `ours ${name}` : 'ours',
    title: `Gamut${title}`,
    library: 'gamut',
    way,
    path: 'gamut',
  }
}

/** Whatever the client chooses while it knows nothing. */
export const byItself = ours('', '', '')
/** Over the runtime's own WebSocket. */
export const overWebSocket = ours('websocket', ', WebSocket', 'websocket')
/** Over the WebSocket of the package `ws`. */
export const overWs = ours('ws', ', WebSocket of `ws`', 'ws')
/** Server-sent events by fetch. */
export const overSse = ours('sse', ', SSE', 'sse')
/** Lines by fetch. */
export const overNdjson = ours('ndjson', ', NDJSON', 'ndjson')
/** Questions that are answered when there is something. */
export const overLongPoll = ours('long-poll', ', long-poll', 'long-poll')
/** Questions that are answered at once. */
export const overPoll = ours('poll', ', poll', 'poll')

/** Finds its first transport mute, and moves to the next one. */
export function fromMute(first: string, next: string): Subject {
  return ours(first, `, ${first} to ${next}`, `${first},${next}`)
}

/** Centrifugo's client, over the runtime's own WebSocket. */
export const centrifuge: Subject = {
  name: 'centrifuge',
  title: 'centrifuge',
  library: 'centrifuge',
  way: '',
  path: 'centrifuge',
}
/** The same over the WebSocket of the package `ws`. */
export const centrifugeWs: Subject = {
  ...centrifuge,
  name: 'centrifuge ws',
  title: 'centrifuge, `ws`',
  way: 'ws',
}
/** Socket.IO's client, which comes with `ws`. */
export const socketIo: Subject = {
  name: 'socket.io',
  title: 'socket.io-client',
  library: 'socket-io',
  way: '',
  path: 'socket.io/',
}
/** The runtime's own WebSocket and `JSON.parse`. */
export const bare: Subject = {
  name: 'websocket',
  title: 'bare WebSocket',
  library: 'sockets',
  way: '',
  path: 'plain',
}
/** The package `ws` and `JSON.parse`. */
export const bareWs: Subject = { ...bare, name: 'ws', title: 'bare `ws`', way: 'ws' }
/** Node's own EventSource and `JSON.parse`. */
export const eventSource: Subject = {
  name: 'event-source',
  title: 'Node’s own EventSource',
  library: 'event-source',
  way: '',
  path: 'plain',
}
