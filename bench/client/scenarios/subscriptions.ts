import { centrifuge, overSse, overWebSocket, socketIo } from '../subjects.ts'
import type { ClientScenario } from './client-scenario.ts'

const countOf = (group: string) => Number.parseInt(group.replace(',', ''), 10)

/** What a subscription keeps. */
export const subscriptions: ClientScenario = {
  name: 'client-subscriptions',
  title: 'Clients: memory of a subscription',
  text: 'A client with 1,000 and 10,000 subscriptions, each with a listener that has got a message: what the process holds more than with one, by the heap and by resident memory, after a forced collection, in a process of its own each time. Centrifuge has all on one connection. A WebSocket of Gamut carries at most 100 channels, so there are 10 and 100 of them, and they are counted; SSE carries 32. The rooms of Socket.IO are its server’s alone and cost a client nothing; what stands for a channel here is a namespace, of which each looks at every packet, so that 10,000 of them do not come up in half a minute.',
  measures: [
    { name: 'heapBytes', title: 'heap of a subscription', unit: 'bytes', digits: 0 },
    { name: 'rssBytes', title: 'resident memory of it', unit: 'bytes', digits: 0 },
    { name: 'readyMs', title: 'until each has its message', unit: 'ms', digits: 0 },
  ],
  reaches: [{ of: 'ours websocket', measure: 'heapBytes', to: 'centrifuge', atMost: 1 }],
  groups: [
    { name: '1,000 subscriptions', rows: [overWebSocket, overSse, centrifuge, socketIo] },
    { name: '10,000 subscriptions', rows: [overWebSocket, centrifuge] },
  ],
  fresh: true,
  official: { pairs: 2, seconds: 0 },
  mostPairs: 3,
  takes: (group) => (countOf(group) > 1000 ? 5 : 3),
  measure: ({ path, way }, group, { ports, reader }) => {
    const url = `http://127.0.0.1:${ports.near}/once/${path}`
    return reader.follow({ type: 'subscribe', url, way, count: countOf(group) })
  },
}
